"""What do the parts of a combination say to one thing, and what did they say before?

Of a part that ends by itself it is kept since when it holds, until when as far as is known, and when it wants to be
looked at; a part is not shown what it does not want, and then what is kept of it stands. Of any other part only the
moment counts at which something made it hold. All that ends by itself is judged at the newest time that was heard of.
"""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from rules.instants import Instant
from rules.memory import Condition, Holding, Kind, Memory, Recent, Seen

FOREVER: Instant = 1 << 62


class Span(msgspec.Struct, frozen=True):
    """0 for ``wake``: never."""

    since: Instant = 0
    until: Instant = 0
    wake: Instant = 0

    def holds(self, at: Instant) -> bool:
        return self.since <= at < self.until

    def after(self, answer: Holding, at: Instant, newest: Instant) -> "Span":
        wake = answer.wake or 0
        if not answer.holds:
            return Span(self.since, min(self.until, newest), wake)
        until = answer.until or FOREVER
        began = newest if newest < until else at
        goes_on = self.since < self.until and self.since <= newest <= self.until
        return Span(self.since if goes_on else began, until, wake)


class Turn(msgspec.Struct, frozen=True):
    """One part: its answer, None where there is none, and its span before and after."""

    part: Condition
    memory: Memory
    answer: Holding | None
    before: Span
    after: Span
    shown: bool = True

    @property
    def holds(self) -> bool:
        return self.answer is not None and self.answer.holds

    def began(self, seen: Seen, newest: Instant) -> bool:
        """Whether it holds because of what was seen: a part that ends by itself, by any failure while it does."""
        if not self.shown or not self.holds:
            return False
        return not self.part.ends_with_it or seen.kind is Kind.FAILED or not self.before.holds(newest)


def newest_of(memory: Memory, at: Instant) -> Instant:
    return max((at, *memory.numbers[:1]))


def observed(parts: Sequence[Condition], memory: Memory, seen: Seen, now: Instant) -> list[Turn]:
    turns, newest = [], newest_of(memory, seen.at)
    for part, kept, span in _kept(parts, memory):
        if seen.kind in part.wants:
            turns.append(_turn(part, span, part.observe(kept, seen, now), seen.at, newest))
        else:
            turns.append(_aside(part, kept, span, newest))
    return turns


def looked(parts: Sequence[Condition], memory: Memory, now: Instant) -> list[Turn]:
    newest = newest_of(memory, now)
    return [_turn(part, span, part.look(kept, now), now, newest) for part, kept, span in _kept(parts, memory)]


def _kept(parts: Sequence[Condition], memory: Memory) -> Iterable[tuple[Condition, Memory, Span]]:
    memories = memory.parts or (Memory(),) * len(parts)
    numbers = memory.numbers[1:] or (0, 0, 0) * len(parts)
    spans = [Span(*numbers[place : place + 3]) for place in range(0, len(numbers), 3)]
    return zip(parts, memories, spans, strict=True)


def _turn(part: Condition, before: Span, answer: Holding, at: Instant, newest: Instant) -> Turn:
    after = before.after(answer, at, newest) if part.ends_with_it else Span(wake=answer.wake or 0)
    return Turn(part, answer.memory, answer, before, after)


def _aside(part: Condition, kept: Memory, span: Span, newest: Instant) -> Turn:
    """A part that is not shown what was seen; what it knows is asked of it where it holds."""
    if not span.holds(newest):
        return Turn(part, kept, None, span, span, shown=False)
    return replace(_turn(part, span, part.look(kept, newest), newest, newest), shown=False)


def remembered(recent: Recent, newest: Instant, turns: Sequence[Turn]) -> Memory:
    spans = (number for turn in turns for number in (turn.after.since, turn.after.until, turn.after.wake))
    return Memory(recent, numbers=(newest, *spans), parts=tuple(turn.memory for turn in turns))


def answered(memory: Memory, turns: Sequence[Turn], until: Instant) -> Holding:
    """What holds, by what its parts say. If it wants to be looked at before its end, that may not be its end."""
    answers = [turn.answer for turn in turns if turn.answer and turn.answer.holds]
    times = max((answer.times for answer in answers), key=len, default=())
    wake, said = wake_of(turns), tuple(pair for answer in answers for pair in answer.evidence)
    known = until < FOREVER and (wake is None or until <= wake)
    return Holding(memory, True, times, until if known else None, wake, said)


def wake_of(turns: Iterable[Turn]) -> Instant | None:
    return min((turn.after.wake for turn in turns if turn.after.wake), default=None)
