"""Which span lies under which? Also where ids are not unique, parents are missing, or attempts lie in each other."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from reports.traces.span import Span

_NEAR = 8  # spans that lie between an attempt and the one it came from


@dataclass(slots=True, eq=False)
class Node:
    """A span and what lies right under it, in the order of their starts."""

    span: Span
    parent: "Node | None" = None
    children: "list[Node]" = field(default_factory=list)

    def ancestors(self) -> "Iterator[Node]":
        above = self.parent
        while above is not None:
            yield above
            above = above.parent


def grow(spans: Iterable[Span]) -> list[Node]:
    """The nodes without a parent among ``spans``, in the order of their starts; every span is under one of them."""
    nodes = [Node(span) for span in sorted(spans, key=lambda span: (span.start, -span.end, span.span_id))]
    by_id: dict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        by_id[node.span.span_id].append(node)
    for node in nodes:
        node.parent = _parent(node, by_id.get(node.span.parent_id, []))
    _break_circles(nodes)
    _beside_first_attempt(nodes)
    for node in nodes:
        if node.parent is not None:
            node.parent.children.append(node)
    return [node for node in nodes if node.parent is None]


def all_of(roots: Iterable[Node]) -> Iterator[Node]:
    """Every node under ``roots``, parents before their children."""
    todo = list(roots)[::-1]
    while todo:
        node = todo.pop()
        yield node
        todo.extend(reversed(node.children))


def _parent(node: Node, named: list[Node]) -> Node | None:
    """Attempts may share an id (Airflow): of these it is the last that had begun by then."""
    others = [each for each in named if each is not node and each.span.span_id != node.span.span_id]
    begun = [each for each in others if each.span.start <= node.span.start]
    return begun[-1] if begun else next(iter(others), None)


def _break_circles(nodes: list[Node]) -> None:
    """Spans that name each other as parents: the first of them is on top."""
    settled: set[int] = set()
    for node in nodes:
        path: dict[int, Node] = {}
        at: Node | None = node
        while at is not None and id(at) not in settled:
            path[id(at)] = at
            if at.parent is not None and id(at.parent) in path:
                at.parent.parent = None
            at = at.parent
        settled.update(path)


def _beside_first_attempt(nodes: list[Node]) -> None:
    """A queue hands a retry over from within the attempt that failed (Celery): one attempt is not a part of another."""
    before = {node: found for node in nodes if node.span.thing and (found := _attempt_around(node)) is not None}
    for node in nodes:
        first = node
        while first in before:
            first = before[first]
        if first is not node:
            before[node] = first  # the way is not gone again
    parents = {node: first.parent for node, first in before.items()}
    for node, parent in parents.items():
        node.parent = parent


def _attempt_around(node: Node) -> Node | None:
    for above in islice(node.ancestors(), _NEAR):
        if (above.span.thing, above.span.name) == (node.span.thing, node.span.name):
            return above
    return None
