"""What do the parts of a combination say to one thing, and what did they say before?

Of a part that ends by itself it is kept since when it holds, until when as far as is known, and when it wants to be
looked at; a part is not shown what it does not want, and then what is kept of it stands. Of any other part only the
moment counts at which something made it hold.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rules.conditions.shared import Evidence
from rules.instants import Instant
from rules.memory import Condition, Holding, Kind, Memory, Seen

FOREVER: Instant = 1 << 62


@dataclass(slots=True, frozen=True)
class Span:
    """0 for ``wake``: never."""

    since: Instant = 0
    until: Instant = 0
    wake: Instant = 0

    def holds(self, at: Instant) -> bool:
        return self.since <= at < self.until

    def after(self, answer: Holding, at: Instant) -> "Span":
        wake = answer.wake or 0
        if answer.holds:
            return Span(self.since if self.holds(at) else at, answer.until or FOREVER, wake)
        return Span(self.since, max(self.since, min(self.until, at)), wake)


@dataclass(slots=True, frozen=True)
class Turn:
    """One part: its answer, None where there is none, and its span before and after."""

    part: Condition
    memory: Memory
    answer: Holding | None
    before: Span
    after: Span
    shown: bool = True

    def began(self, seen: Seen) -> bool:
        """Whether it holds because of what was seen: a part that ends by itself, by any failure while it does."""
        if not self.shown or self.answer is None or not self.answer.holds:
            return False
        return not self.part.ends_with_it or seen.kind is Kind.FAILED or not self.before.holds(seen.at)


def observed(parts: Sequence[Condition], memory: Memory, seen: Seen, now: Instant) -> list[Turn]:
    turns = []
    for part, kept, span in _kept(parts, memory):
        if seen.kind in part.wants:
            turns.append(_turn(part, span, part.observe(kept, seen, now), seen.at))
        else:
            turns.append(_aside(part, kept, span, seen.at))
    return turns


def looked(parts: Sequence[Condition], memory: Memory, now: Instant) -> list[Turn]:
    return [_turn(part, span, part.look(kept, now), now) for part, kept, span in _kept(parts, memory)]


def _kept(parts: Sequence[Condition], memory: Memory) -> Iterable[tuple[Condition, Memory, Span]]:
    memories = memory.parts or (Memory(),) * len(parts)
    numbers = memory.numbers or (0, 0, 0) * len(parts)
    spans = [Span(*numbers[place : place + 3]) for place in range(0, len(numbers), 3)]
    return zip(parts, memories, spans, strict=True)


def _turn(part: Condition, before: Span, answer: Holding, at: Instant) -> Turn:
    after = before.after(answer, at) if part.ends_with_it else Span(wake=answer.wake or 0)
    return Turn(part, answer.memory, answer, before, after)


def _aside(part: Condition, kept: Memory, span: Span, at: Instant) -> Turn:
    """A part that is not shown what was seen; what it knows is asked of it where it holds."""
    if not span.holds(at):
        return Turn(part, kept, None, span, span, shown=False)
    return replace(_turn(part, span, part.look(kept, at), at), shown=False)


def numbers_of(turns: Iterable[Turn]) -> tuple[int, ...]:
    return tuple(number for turn in turns for number in (turn.after.since, turn.after.until, turn.after.wake))


def wake_of(turns: Iterable[Turn]) -> Instant | None:
    return min((turn.after.wake for turn in turns if turn.after.wake), default=None)


def times_of(answers: Iterable[Holding]) -> tuple[Instant, ...]:
    """Those of the part that knows most, for the failures of several are often the same."""
    return max((answer.times for answer in answers), key=len, default=())


def evidence_of(answers: Iterable[Holding]) -> Evidence:
    return tuple(pair for answer in answers for pair in answer.evidence)
