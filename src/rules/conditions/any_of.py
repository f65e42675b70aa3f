"""``any``: true when one of its parts is.

It ends with the last of its parts, if all of them end by themselves; else it holds because of whatever makes one hold.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rules.condition_config import AnyCondition, ConditionConfig
from rules.conditions.combination import FOREVER, Turn, answered, looked, newest_of, observed, remembered, wake_of
from rules.instants import Duration, Instant
from rules.memory import Condition, Holding, Kind, Memory, Seen


@dataclass(slots=True, frozen=True)
class AnyOf:
    parts: tuple[Condition, ...]
    wants: frozenset[Kind]
    ends_with_it: bool
    told_within: Duration

    def observe(self, memory: Memory, seen: Seen, now: Instant) -> Holding:
        turns, newest = observed(self.parts, memory, seen, now), newest_of(memory, seen.at)
        if self.ends_with_it:
            return _answer(turns, newest, [turn for turn in turns if turn.holds])
        return _answer(turns, newest, [turn for turn in turns if turn.began(seen, newest)])

    def look(self, memory: Memory, now: Instant) -> Holding:
        turns = looked(self.parts, memory, now)
        return _answer(turns, newest_of(memory, now), [turn for turn in turns if turn.holds])


def _answer(turns: Sequence[Turn], newest: Instant, true: Sequence[Turn]) -> Holding:
    memory = remembered((), newest, turns)
    if not true:
        return Holding(memory, False, wake=wake_of(turns))
    return answered(memory, turns, max(_until(turn) for turn in true))


def _until(turn: Turn) -> Instant:
    return (turn.answer.until if turn.answer else None) or FOREVER


def build(config: AnyCondition, build_part: Callable[[ConditionConfig], Condition]) -> AnyOf:
    parts = tuple(map(build_part, config.any_))
    wants = frozenset[Kind]().union(*(part.wants for part in parts))
    return AnyOf(parts, wants, all(part.ends_with_it for part in parts), max(part.told_within for part in parts))
