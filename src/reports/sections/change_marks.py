"""What was changed when? Lines in a chart over time, and the same in words for its table."""

from bisect import bisect_right
from collections.abc import Hashable
from typing import Any

from reports.charts.spec import Mark
from reports.sections.buckets import Buckets
from reports.sections.context import Context

_MOST = 12
_MOST_TITLES = 5
_LONGEST = 24
Change = dict[Hashable, Any]


def marks(context: Context, drawn: Buckets) -> list[Mark]:
    """One line for each bucket with changes; only the latest twelve, where there are more than a chart can hold."""
    found = [
        Mark(drawn.labels[place], _label(changes)) for place, changes in sorted(_by_bucket(context, drawn).items())
    ]
    return found[-_MOST:]


def titles(context: Context, drawn: Buckets) -> list[str]:
    """For each bucket its changes, the first five of them; "" for none."""
    found = _by_bucket(context, drawn)
    return [_listed(found.get(place, [])) for place in range(len(drawn.labels))]


def _listed(changes: list[Change]) -> str:
    more = f" and {len(changes) - _MOST_TITLES} more" if len(changes) > _MOST_TITLES else ""
    return "; ".join(map(_said, changes[:_MOST_TITLES])) + more


def _by_bucket(context: Context, drawn: Buckets) -> dict[int, list[Change]]:
    found: dict[int, list[Change]] = {}
    for change in context.changes().to_dict("records"):
        found.setdefault(bisect_right(drawn.edges, int(change["at"])) - 1, []).append(change)
    return found


def _said(change: Change) -> str:
    title, version = change["title"], change["version"]
    return f"{title} ({version})" if version and version not in title else str(title)


def _label(changes: list[Change]) -> str:
    first = _said(changes[0])
    short = first if len(first) <= _LONGEST else f"{first[: _LONGEST - 1]}…"
    return short if len(changes) == 1 else f"{short} +{len(changes) - 1}"
