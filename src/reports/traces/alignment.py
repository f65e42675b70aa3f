"""What did a bad run do otherwise than a good one? Their steps side by side, by name and order."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from reports.traces.differing import Difference, differences
from reports.traces.span import Span
from reports.traces.steps import Step, fold
from reports.traces.tree import grow


class Divergence(StrEnum):
    """How a step went otherwise in the bad run."""

    MISSING = "missing"
    EXTRA = "extra"
    OUTCOME = "outcome"
    TRIES = "tries"


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One step in both runs, or in one of them. ``parent`` is the place of the row above it, -1 at the top."""

    depth: int
    parent: int
    bad: Step | None
    good: Step | None

    @property
    def name(self) -> str:
        step = self.bad or self.good
        assert step is not None
        return step.name

    @property
    def divergence(self) -> Divergence | None:
        if self.bad is None:
            return Divergence.MISSING
        if self.good is None:
            return Divergence.EXTRA
        if self.bad.failed != self.good.failed:
            return Divergence.OUTCOME
        return Divergence.TRIES if self.bad.tries != self.good.tries else None

    @property
    def ratio(self) -> float | None:
        """How many times as long as in the good run; None where one of them took no time or did not do it."""
        return self.bad.took / self.good.took if self.bad and self.good and self.bad.took and self.good.took else None

    @property
    def attributes(self) -> tuple[Difference, ...]:
        if self.bad is None or self.good is None:
            return ()
        return differences(self.bad.last.attributes, self.good.last.attributes)


@dataclass(frozen=True, slots=True)
class Alignment:
    """``rows`` with each step before its parts, in the bad run's order of starts; a step that only the good run did
    stands where it would have come. ``first`` is the place of the first divergence."""

    rows: tuple[Row, ...]
    first: int | None

    @property
    def missing(self) -> int:
        return sum(row.bad is None for row in self.rows)

    @property
    def extra(self) -> int:
        return sum(row.good is None for row in self.rows)

    def differing(self) -> list[tuple[Difference, ...]]:
        """For each row the attributes that differ, but for those that differ just so in a step around it."""
        around: list[frozenset[Difference]] = []
        found: list[tuple[Difference, ...]] = []
        for row in self.rows:
            known = around[row.parent] if row.parent >= 0 else frozenset()
            new = tuple(each for each in row.attributes if each not in known)
            found.append(new)
            around.append(known.union(new) if new else known)
        return found


def align(bad: Iterable[Span], good: Iterable[Span]) -> Alignment:
    """Steps of one name are matched in their order; names that differ in ids and numbers only, after the others. What
    is on top of both runs is one step, whatever its name."""
    rows: list[Row] = []
    todo = [(0, -1, pair) for pair in reversed(_on_top(fold(grow(bad)), fold(grow(good))))]
    while todo:
        depth, parent, (ours, theirs) = todo.pop()
        rows.append(Row(depth, parent, ours, theirs))
        parts = _matched(ours.parts if ours else [], theirs.parts if theirs else [])
        todo.extend((depth + 1, len(rows) - 1, pair) for pair in reversed(parts))
    return Alignment(tuple(rows), _first(rows))


Pair = tuple[Step | None, Step | None]


def _on_top(bad: list[Step], good: list[Step]) -> list[Pair]:
    if len(bad) == len(good) == 1:
        return [(bad[0], good[0])]
    return _matched(bad, good)


def _matched(bad: list[Step], good: list[Step]) -> list[Pair]:
    partner: dict[Step, Step] = {}
    for name in (_name, _alike):
        taken = set(partner.values())
        left = _in_order([step for step in good if step not in taken], name)
        for key, steps in _in_order([step for step in bad if step not in partner], name).items():
            partner.update(zip(steps, left.get(key, []), strict=False))
    return _merged(bad, good, partner)


def _name(step: Step) -> str:
    return step.name


def _alike(step: Step) -> str:
    return step.attempts[0].span.alike or step.name


def _in_order(steps: list[Step], name: Callable[[Step], str]) -> dict[str, list[Step]]:
    found: dict[str, list[Step]] = defaultdict(list)
    for step in steps:
        found[name(step)].append(step)
    return found


def _merged(bad: list[Step], good: list[Step], partner: dict[Step, Step]) -> list[Pair]:
    """A step that is missing comes after the one that it followed in the good run."""
    taken = {theirs: ours for ours, theirs in partner.items()}
    missing: dict[Step | None, list[Pair]] = defaultdict(list)
    before: Step | None = None
    for theirs in good:
        if theirs in taken:
            before = taken[theirs]
        else:
            missing[before].append((None, theirs))
    found = list(missing[None])
    for ours in bad:
        found += [(ours, partner.get(ours)), *missing[ours]]
    return found


def _first(rows: list[Row]) -> int | None:
    """The innermost of the first: a step that went otherwise since one of its parts did is not where it began."""
    found: int | None = None
    around: set[int] = set()
    for place in reversed(range(len(rows))):
        row = rows[place]
        diverges = _by_itself(rows, row)
        if diverges and place not in around:
            found = place
        if (diverges or place in around) and row.parent >= 0:
            around.add(row.parent)
    return found


def _by_itself(rows: list[Row], row: Row) -> bool:
    """Not since the step around it is there in one run only, or failed before it came to this part."""
    divergence = row.divergence
    if divergence is None or row.parent < 0:
        return divergence is not None
    above = rows[row.parent]
    if above.bad is None or above.good is None:
        return False
    return not (divergence is Divergence.MISSING and above.bad.failed and not above.good.failed)
