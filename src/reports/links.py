"""Which page of the service says more? Paths relative to it."""

from datetime import UTC
from urllib.parse import quote, urlencode

from reports.period import Filters, Period


def group_page(group: str) -> str:
    return f"groups/{quote(group, safe='')}"


def runs_page(
    period: Period, workflow: str = "", outcome: str = "bad", *, since: int = 0, until: int = 0, severity: str = ""
) -> str:
    """The runs that ended so, in the period or in the stretch of it that ``since`` and ``until`` (µs) give."""
    ends = (since or period.first, until or period.until)
    first, last = (period.local(each).astimezone(UTC).isoformat() for each in ends)
    asked = {"workflow": workflow, "severity": severity, "outcome": outcome, "since": first, "until": last}
    return "runs?" + urlencode({name: value for name, value in asked.items() if value})


def asked_for(filters: Filters) -> dict[str, str]:
    """What of the filters a list of runs can be asked for: its severity, and the workflows where one glob is given."""
    return {"workflow": filters.workflows[0] if len(filters.workflows) == 1 else "", "severity": filters.severity}


def run_page(run: str) -> str:
    return f"runs/{quote(run, safe='')}"
