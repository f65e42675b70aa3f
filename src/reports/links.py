"""Which page of the service says more? Paths relative to it."""

from datetime import UTC
from urllib.parse import quote, urlencode

from reports.period import Period


def group_page(group: str) -> str:
    return f"groups/{quote(group, safe='')}"


def runs_page(period: Period, workflow: str = "", outcome: str = "bad") -> str:
    """The runs that ended so in the period."""
    since, until = (period.local(each).astimezone(UTC).isoformat() for each in (period.first, period.until))
    asked = {"workflow": workflow, "outcome": outcome, "since": since, "until": until}
    return "runs?" + urlencode({name: value for name, value in asked.items() if value})
