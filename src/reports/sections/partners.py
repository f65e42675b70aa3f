"""Where does a bad run part from a good one? Of the top error groups the latest bad run, and the page with both."""

from typing import Any

from reports.counting import BAD
from reports.links import run_page
from reports.model import Table
from reports.sections.context import Context
from reports.wording import minute

_MOST = 5


def partners(context: Context) -> Table:
    """Of those of the five groups with most bad runs of which the sample has a run."""
    groups = context.now.groups.groupby("error_group", observed=True).n.sum().nlargest(_MOST)
    sample = context.rows(context.frames.sample)
    bad = sample[sample.outcome.isin(BAD) & sample.error_group.isin(groups.index)].sort_values("at")
    latest = {str(row["error_group"]): row for row in bad.to_dict("records")}
    rows: list[list[Any]] = []
    links = []
    for group in groups.index:
        if row := latest.get(str(group)):
            known = context.group_info.error_type.get(group, "") or "failed without a type"
            rows.append([row["run"], known, row["workflow"], minute(context.period.local(row["at"]))])
            links.append(f"{run_page(str(row['run']))}/beside")
    return Table("The latest bad run of each top error group, beside a good one", ["Run", "Error", "Workflow", "Ended"],
                 rows, links)  # fmt: skip
