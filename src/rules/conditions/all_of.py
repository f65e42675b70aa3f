"""``all within W``: true when every part was true at some time in (t−W, t].

A part that ends by itself is true for as long as it held last, be it for a moment; any other at the moments at which
something made it hold, which is the newest of its ``times``. If all parts end by themselves the combination does, W
after the first of them; else it holds because of what makes a part hold, whatever order things arrive in. Of the
moments of a part those are forgotten that lie between two others less than W apart, and all beyond the newest 2,000.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rules.condition_config import AllCondition, ConditionConfig
from rules.conditions.combination import FOREVER, Turn, answered, looked, newest_of, observed, remembered, wake_of
from rules.conditions.shared import lateness
from rules.conditions.thinning import superfluous
from rules.instants import Duration, Instant
from rules.memory import Condition, Holding, Kind, Memory, Recent, Seen

_MOST_MOMENTS = 2_000


@dataclass(slots=True, frozen=True)
class AllOf:
    parts: tuple[Condition, ...]
    within: Duration
    wants: frozenset[Kind]
    ends_with_it: bool
    told_within: Duration

    def observe(self, memory: Memory, seen: Seen, now: Instant) -> Holding:
        turns, newest = observed(self.parts, memory, seen, now), newest_of(memory, seen.at)
        moments, began = memory.recent, []
        for place, turn in enumerate(turns):
            if turn.began(seen, newest):
                began.append(_moment(turn, seen.at, newest))
                if not turn.part.ends_with_it:
                    moments = self._with(moments, (began[-1], str(place)))
        if self.ends_with_it:
            return self._answer(turns, moments, newest, self._true(turns, moments, newest))
        return self._answer(turns, moments, newest, self._around(turns, moments, sorted(began)))

    def look(self, memory: Memory, now: Instant) -> Holding:
        turns = looked(self.parts, memory, now)
        return self._answer(turns, memory.recent, newest_of(memory, now), self._true(turns, memory.recent, now))

    def _around(self, turns: Sequence[Turn], moments: Recent, began: Sequence[Instant]) -> bool:
        """Whether every part was true in some window with one of ``began`` in it. As the window moves on, that can only
        change for the better where a part becomes true."""
        if not began:
            return False
        near = _between(moments, began[0] - 1, began[-1] + self.within)
        times = {*(at for at, _ in near), *(turn.after.since for turn in turns), *began}
        inside = (t for t in times if any(at <= t < at + self.within for at in began))
        return any(self._true(turns, moments, t) for t in inside)

    def _true(self, turns: Sequence[Turn], moments: Recent, t: Instant) -> bool:
        there = {place for _, place in _between(moments, t - self.within, t)}
        return all(self._was(turn, str(place) in there, t) for place, turn in enumerate(turns))

    def _was(self, turn: Turn, there: bool, t: Instant) -> bool:
        if not turn.part.ends_with_it:
            return there
        since, until = turn.after.since, turn.after.until
        return since <= t and t - self.within < until

    def _answer(self, turns: Sequence[Turn], moments: Recent, newest: Instant, true: bool) -> Holding:
        memory = remembered(self._recent(moments), newest, turns)
        return (
            answered(memory, turns, self._until(turns, moments))
            if true
            else Holding(memory, False, wake=wake_of(turns))
        )

    def _until(self, turns: Sequence[Turn], moments: Recent) -> Instant:
        """W after the first part that is not true any more."""
        newest = {place: at for at, place in moments}
        ends = [
            turn.after.until if turn.part.ends_with_it else newest.get(str(place), 0)
            for place, turn in enumerate(turns)
        ]
        return min(FOREVER, min(ends) + self.within)

    def _recent(self, moments: Recent) -> Recent:
        horizon = moments[-1][0] - self.within - self.told_within if moments else 0
        return moments if not moments or moments[0][0] > horizon else _between(moments, horizon, moments[-1][0])

    def _with(self, moments: Recent, member: tuple[Instant, str]) -> Recent:
        place = bisect_left(moments, member)
        if moments[place : place + 1] == (member,):
            return moments
        moments = (*moments[:place], member, *moments[place:])
        own = [index for index, other in enumerate(moments) if other[1] == member[1]]
        extra = superfluous([moments[index][0] for index in own], own.index(place), self.within)
        if extra is not None:
            moments = (*moments[: own[extra]], *moments[own[extra] + 1 :])
        return moments[-_MOST_MOMENTS:]


def _between(moments: Recent, after: Instant, until: Instant) -> Recent:
    """Those in (after, until]."""
    first = bisect_right(moments, after, key=lambda moment: moment[0])
    return moments[first : bisect_right(moments, until, key=lambda moment: moment[0])]


def _moment(turn: Turn, at: Instant, newest: Instant) -> Instant:
    """When a part that began to hold did."""
    if turn.part.ends_with_it:
        return newest
    return turn.answer.times[-1] if turn.answer and turn.answer.times else at


def build(config: AllCondition, build_part: Callable[[ConditionConfig], Condition]) -> AllOf:
    parts = tuple(map(build_part, config.all_))
    wants = frozenset[Kind]().union(*(part.wants for part in parts))
    told = max(lateness(config.within), min(part.told_within for part in parts))
    return AllOf(parts, config.within, wants, all(part.ends_with_it for part in parts), told)
