"""Which error groups were open when, and what opened and closed them?

A group is **open** from the first bad run that is counted in it until it is fixed or quiet. It is *fixed* when somebody
(a person, a release) resolved it, until it regressed: failures of versions older than the fix do not open it. It is
*quiet* when it was not seen for longer than chance allows under its former rate (``statistics.returns``), until it is
seen again. Only what happened within the counts that were read is known: a group first seen before them is open when
they begin, and how often it was seen till then is told by its number of failures, at most one a day.

All instants are in µs; sightings are quarter hours with bad runs of the group.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports.frames import Frames
from reports.period import DAY, QUARTER
from reports.statistics.returns import quiet_after

NEW, RETURNED, REGRESSED, FIXED, QUIET, KNOWN, CONFIRMED = (
    "new", "returned", "regressed", "fixed", "quiet", "known", "confirmed",
)  # fmt: skip
OPENING, CLOSING = (NEW, RETURNED, REGRESSED), (FIXED, QUIET)
_FIX, _BACK, _KNOWN, _SEEN = range(4)  # in the order in which they happen within one instant
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
_COLUMNS = ["at", "error_group", "kind"]


@dataclass(slots=True, frozen=True)
class Span:
    """Counts are known from ``first`` on; what is asked of is [``since``, ``until``)."""

    first: int
    since: int
    until: int


@dataclass(slots=True)
class Flow:
    """``steps``: what happened to groups within the span, in order (``at``, ``error_group``, ``kind``). ``new``,
    ``returned`` and ``regressed`` open one, ``fixed`` and ``quiet`` close one, ``confirmed`` (a quiet one was resolved)
    does neither. ``state``: open, quiet or fixed, of each group at the span's end."""

    steps: pd.DataFrame
    open_before: int
    open_after: int
    state: dict[str, str]

    def number(self, kind: str) -> int:
        return int((self.steps.kind == kind).sum())


@dataclass(slots=True)
class _Items:
    """What happened to groups, by group and time."""

    group: Ints
    at: Ints
    kind: Ints

    def __len__(self) -> int:
        return len(self.at)

    def at_places(self, places: Any) -> "_Items":
        return _Items(self.group[places], self.at[places], self.kind[places])

    @property
    def follows(self) -> Flags:
        """Whether the one before is of the same group."""
        return np.append(False, self.group[1:] == self.group[:-1])[: len(self)]


def flow(frames: Frames, span: Span, groups: "set[str] | None" = None) -> Flow:
    """``groups``: only these; all by default."""
    seen = _sightings(frames.groups, span, groups)
    info = frames.group_info[frames.group_info.first_seen < span.until].drop_duplicates("id").set_index("id")
    told = info.index if groups is None else info.index.intersection([*groups])
    names = pd.Index(sorted({*seen.error_group.unique(), *told}))
    steps, last = _steps(seen, _events(frames, info, names, span), info, names, span)
    opened = np.where(steps.kind.isin([KNOWN, *OPENING]), 1, np.where(steps.kind.isin(CLOSING), -1, 0))
    inside = (steps["at"] >= span.since).to_numpy()
    return Flow(
        steps[inside].sort_values(["at", "error_group"], kind="stable").reset_index(drop=True),
        int(opened[~inside].sum()),
        int(opened.sum()),
        last,
    )


def _sightings(counted: pd.DataFrame, span: Span, groups: "set[str] | None") -> pd.DataFrame:
    """(error_group, bucket) with bad runs, and their number."""
    rows = counted[(counted.bucket >= span.first) & (counted.bucket < span.until)]
    if groups is not None:
        rows = rows[rows.error_group.isin(groups)]
    group, bucket = rows.error_group, rows.bucket.to_numpy()
    places, which = np.unique(
        group.cat.codes.to_numpy().astype(np.int64) * (1 << 32) + bucket // QUARTER, return_inverse=True
    )
    n = np.bincount(which, weights=rows.n.to_numpy(), minlength=len(places)).astype(np.int64)
    names = group.cat.categories.to_numpy()[places >> 32]
    found = pd.DataFrame({"error_group": names, "bucket": (places & 0xFFFFFFFF) * QUARTER, "n": n})
    return found[found.n > 0]


def _events(frames: Frames, info: pd.DataFrame, names: pd.Index, span: Span) -> pd.DataFrame:
    """Fixes and regressions, with the fix that a group's own row tells of where no event does."""
    events = frames.group_events
    events = events[events.kind.isin(["resolved", "regressed"]) & (events["at"] < span.until)]
    events = events[events.error_group.isin(names)].sort_values(["at", "kind"], ascending=[True, False])
    first = events.drop_duplicates("error_group").set_index("error_group")
    back = first[first.kind == "regressed"]["at"]
    resolved = info[(info.state == "resolved") & (info.resolved_at > 0) & (info.resolved_at < span.until)].resolved_at
    resolved = resolved[resolved.index.isin(names) & ~resolved.index.isin(first.index)]
    told = info.resolved_at.reindex(back.index).fillna(0).astype("int64")
    before = told.where((told > 0) & (told < back), np.minimum(span.first, back))
    missing = pd.concat([resolved, before])
    added = pd.DataFrame({"at": missing.to_numpy(), "error_group": missing.index.to_numpy(), "kind": "resolved"})
    return _since(pd.concat([added, events[_COLUMNS]], ignore_index=True), span.first)


def _since(events: pd.DataFrame, first: int) -> pd.DataFrame:
    """Of what happened before the counts begin only the last matters, and only a fix: else the group is open then."""
    earlier = events["at"] < first
    last = events[earlier].sort_values("at", kind="stable").drop_duplicates("error_group", keep="last")
    return pd.concat([last[last.kind == "resolved"], events[~earlier]], ignore_index=True)


def _steps(
    seen: pd.DataFrame, events: pd.DataFrame, info: pd.DataFrame, names: pd.Index, span: Span
) -> tuple[pd.DataFrame, dict[str, str]]:
    first_seen = info.first_seen.reindex(names).fillna(span.first).to_numpy().astype(np.int64)
    first_seen -= first_seen % QUARTER
    known = np.flatnonzero(first_seen < span.first)
    items = _items(seen, events, names, known, span)
    days, start = _days(items, _days_before(seen, info, names, first_seen, span), first_seen)
    places = _live(items)
    allowed = quiet_after(days[places], items.at[places] - start[places])
    return _transitions(items.at_places(places), allowed, names, span)


def _items(seen: pd.DataFrame, events: pd.DataFrame, names: pd.Index, known: Ints, span: Span) -> _Items:
    group = np.concatenate([*(names.get_indexer(pd.Index(each.error_group)) for each in (seen, events)), known])
    at = np.concatenate([seen.bucket.to_numpy(), events["at"].to_numpy(), np.full(len(known), span.first)])
    kinds = np.where(events.kind.to_numpy() == "resolved", _FIX, _BACK)
    kind = np.concatenate([np.full(len(seen), _SEEN), kinds, np.full(len(known), _KNOWN)])
    order = np.lexsort((kind, at, group))
    return _Items(group.astype(np.int64), at.astype(np.int64), kind.astype(np.int64)).at_places(order)


def _days_before(seen: pd.DataFrame, info: pd.DataFrame, names: pd.Index, first_seen: Ints, span: Span) -> Ints:
    """On how many days each group was seen before the counts begin: as many as it had failures, at most all."""
    counted = seen.groupby("error_group").n.sum().reindex(names).fillna(0).to_numpy()
    failures = info["count"].reindex(names).fillna(0).to_numpy() - counted
    lived = (span.first - first_seen) // DAY + 1
    found: Ints = np.where(first_seen < span.first, np.clip(failures, 1, np.maximum(lived, 1)), 0).astype(np.int64)
    return found


def _days(items: _Items, before: Ints, first_seen: Ints) -> tuple[Ints, Ints]:
    """For each item the number of days (UTC) on which its group was seen so far, and when it was seen first."""
    sighted = items.kind == _SEEN
    mine = items.at_places(sighted)
    fresh = np.zeros(len(items), dtype=np.int64)
    fresh[sighted] = ~mine.follows | (mine.at // DAY != np.roll(mine.at, 1) // DAY)
    total = np.cumsum(fresh)
    starts = np.flatnonzero(~items.follows)
    offset = np.repeat(total[starts] - fresh[starts], np.diff(np.append(starts, len(items))))
    firsts = np.full(len(before), np.iinfo(np.int64).max)
    np.minimum.at(firsts, mine.group, mine.at)
    firsts = np.where(before > 0, first_seen, firsts)
    return total - offset + before[items.group], firsts[items.group]


def _live(items: _Items) -> Ints:
    """The places of what counts: no sighting of a fixed group, no second fix. What came back without having been
    fixed was merely seen."""
    place = np.arange(len(items))
    event = np.maximum.accumulate(np.where(items.kind <= _BACK, place, -1))
    start = np.maximum.accumulate(np.where(items.follows, -1, place))
    fixed = (event >= start) & (items.kind[event] == _FIX)
    was_fixed = np.append(False, fixed[:-1])[: len(items)] & items.follows
    items.kind[(items.kind == _BACK) & ~was_fixed] = _SEEN
    found: Ints = np.flatnonzero((items.kind == _BACK) | ~was_fixed)
    return found


def _transitions(
    items: _Items, allowed: NDArray[np.float64], names: pd.Index, span: Span
) -> tuple[pd.DataFrame, dict[str, str]]:
    follows = items.follows
    leads = np.append(follows[1:], False)[: len(items)]
    following = np.where(leads, np.append(items.at[1:], 0)[: len(items)], span.until)
    alive = items.kind != _FIX
    quiet = alive & (items.at + allowed < following)
    was_alive, was_quiet = (follows & np.append(False, each[:-1])[: len(items)] for each in (alive, quiet))
    kind = np.select(
        [items.kind == _KNOWN, items.kind == _BACK, alive & ~follows, alive & was_quiet, ~alive & was_quiet,
         ~alive & was_alive],
        [KNOWN, REGRESSED, NEW, RETURNED, CONFIRMED, FIXED],
        "",
    )  # fmt: skip
    named = names.to_numpy()[items.group]
    moved = pd.DataFrame({"at": items.at, "error_group": named, "kind": kind})[kind != ""]
    ended = (items.at[quiet] + allowed[quiet]).astype(np.int64)
    fell = pd.DataFrame({"at": ended, "error_group": named[quiet], "kind": QUIET})
    last = np.where(quiet, "quiet", np.where(alive, "open", "fixed"))[~leads]
    return pd.concat([moved, fell], ignore_index=True), dict(zip(named[~leads], last.tolist(), strict=True))
