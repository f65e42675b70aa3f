"""Which spans are attempts of one step? Siblings of one name, where the one before failed and had ended."""

from collections.abc import Iterable
from dataclasses import dataclass

from reports.traces.span import Span
from reports.traces.tree import Node


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """``attempts`` in the order of their starts, at least one."""

    attempts: tuple[Node, ...]

    @property
    def last(self) -> Span:
        return self.attempts[-1].span

    @property
    def name(self) -> str:
        return self.attempts[0].span.name

    @property
    def failed(self) -> bool:
        """Whether it failed in the end."""
        return self.last.failed

    @property
    def start(self) -> int:
        return self.attempts[0].span.start

    @property
    def end(self) -> int:
        return max(node.span.end for node in self.attempts)

    @property
    def took(self) -> int:
        """µs from the first attempt's start to the end, waiting between attempts included."""
        return self.end - self.start

    @property
    def tries(self) -> int:
        """How often it was tried, attempts that a span only tells of included."""
        return sum(1 + node.span.retries for node in self.attempts)

    @property
    def parts(self) -> "list[Step]":
        """What it did in the last attempt that did anything."""
        return next((fold(node.children) for node in reversed(self.attempts) if node.children), [])


def fold(siblings: Iterable[Node]) -> list[Step]:
    """Steps in the order of their starts. A loop whose rounds fail one after another under one name looks like a step
    that is tried again: no trace tells the two apart."""
    groups: list[list[Node]] = []
    latest: dict[tuple[str, str], list[Node]] = {}
    for node in siblings:
        key = (node.span.name, node.span.thing)
        group = latest.get(key)
        if group is not None and _tries_again(group[-1].span, node.span):
            group.append(node)
        else:
            latest[key] = group = [node]
            groups.append(group)
    return [Step(tuple(group)) for group in groups]


def _tries_again(before: Span, after: Span) -> bool:
    return bool(after.thing) or (before.failed and after.start >= before.end)
