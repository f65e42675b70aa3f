"""``any``: true when one of its parts is.

It ends with the last of its parts, if all of them end by themselves; else it holds because of whatever makes one hold.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rules.condition_config import AnyCondition, ConditionConfig
from rules.conditions.combination import (
    FOREVER,
    Turn,
    evidence_of,
    looked,
    numbers_of,
    observed,
    times_of,
    wake_of,
)
from rules.instants import Duration, Instant
from rules.memory import Condition, Holding, Kind, Memory, Seen


@dataclass(slots=True, frozen=True)
class AnyOf:
    parts: tuple[Condition, ...]
    wants: frozenset[Kind]
    ends_with_it: bool
    told_within: Duration

    def observe(self, memory: Memory, seen: Seen, now: Instant) -> Holding:
        turns = observed(self.parts, memory, seen, now)
        if self.ends_with_it:
            return _answer(turns, [turn for turn in turns if turn.after.holds(seen.at)])
        return _answer(turns, [turn for turn in turns if turn.began(seen)])

    def look(self, memory: Memory, now: Instant) -> Holding:
        turns = looked(self.parts, memory, now)
        return _answer(turns, [turn for turn in turns if turn.answer and turn.answer.holds])


def _answer(turns: Sequence[Turn], true: Sequence[Turn]) -> Holding:
    memory = Memory(numbers=numbers_of(turns), parts=tuple(turn.memory for turn in turns))
    if not true:
        return Holding(memory, False, wake=wake_of(turns))
    until = max(_until(turn) for turn in true)
    answers = [turn.answer for turn in true if turn.answer]
    return Holding(
        memory, True, times_of(answers), None if until >= FOREVER else until, wake_of(turns), evidence_of(answers)
    )


def _until(turn: Turn) -> Instant:
    if turn.part.ends_with_it:
        return turn.after.until
    return (turn.answer.until if turn.answer else None) or FOREVER


def build(config: AnyCondition, build_part: Callable[[ConditionConfig], Condition]) -> AnyOf:
    parts = tuple(map(build_part, config.any_))
    wants = frozenset[Kind]().union(*(part.wants for part in parts))
    return AnyOf(parts, wants, all(part.ends_with_it for part in parts), max(part.told_within for part in parts))
