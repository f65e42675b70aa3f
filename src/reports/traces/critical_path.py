"""What did the run wait for? From its end back, each time to the child that finished last."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from reports.traces.span import Span
from reports.traces.tree import Node, all_of, grow

OUTSIDE = ""  # the name under which time counts that no span covers


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the path, in µs; ``span`` is None where no span says what went on."""

    start: int
    end: int
    span: Span | None

    @property
    def name(self) -> str:
        return OUTSIDE if self.span is None else self.span.name


@dataclass(frozen=True, slots=True)
class Path:
    """``segments`` follow each other without a gap from the run's start to its end."""

    segments: tuple[Segment, ...]

    @property
    def took(self) -> int:
        return sum(segment.end - segment.start for segment in self.segments)

    def self_times(self) -> dict[str, int]:
        """µs on the path by the name of the step, longest first."""
        found: Counter[str] = Counter()
        for segment in self.segments:
            found[segment.name] += segment.end - segment.start
        return dict(found.most_common())

    def shares(self) -> dict[str, float]:
        """Self time on the path / run time by the name of the step; their sum is 1. Empty for one without duration."""
        return {name: time / self.took for name, time in self.self_times().items()}


def critical_path(spans: Iterable[Span], start: int = 0, end: int = 0) -> Path:
    """The critical path of a run that went from ``start`` to ``end`` (µs; 0: as its spans say).

    Of a span's children the one that finishes last is on the path; before that, the one that finishes last of those
    that had finished when this one started, and so on; what is left of the span's time is its own. This is the rule of
    Jaeger's critical path and of CRISP (Zhang et al., USENIX ATC 2022). Time outside the run does not count, and a
    child that lies mostly outside its parent, as what is handed over to a queue does, is waited for by who is above.
    Raises ValueError where the run ends before it starts.
    """
    roots = grow(spans)
    nodes = list(all_of(roots))
    told = [each for each in (start, end) if each]
    start = start or min([*(node.span.start for node in nodes), *told], default=0)
    end = end or max([*(node.span.end for node in nodes), *told], default=0)
    if end < start:
        raise ValueError(f"the run ends {start - end} µs before it starts: give its start and end in µs, in this order")
    pieces = _walk(_parts(nodes, start, end), start, end)
    return Path(tuple(sorted(pieces, key=lambda piece: piece.start)))


Parts: TypeAlias = "dict[Node | None, list[Node]]"


def _parts(nodes: list[Node], start: int, end: int) -> Parts:
    """The nodes by whom they are waited for; None is the run itself."""
    found: Parts = defaultdict(list)
    for node in nodes:
        low, high = max(start, node.span.start), min(end, node.span.end)
        if low < high:
            found[_waiting(node, low, high)].append(node)
    return found


def _waiting(node: Node, low: int, high: int) -> Node | None:
    """The nearest one above that holds more than half of it."""
    for above in node.ancestors():
        if 2 * (min(high, above.span.end) - max(low, above.span.start)) > high - low:
            return above
    return None


def _walk(parts: Parts, start: int, end: int) -> list[Segment]:
    found: list[Segment] = []
    todo: list[tuple[Node | None, int, int]] = [(None, start, end)]
    while todo:
        node, start, end = todo.pop()
        own, at = node.span if node else None, end
        for child in sorted(parts.get(node, ()), key=lambda each: _order(each.span, end), reverse=True):
            low, high = max(start, child.span.start), min(end, child.span.end)
            if low < high <= at:
                found.append(Segment(high, at, own))
                todo.append((child, low, high))
                at = low
        found.append(Segment(start, at, own))
    return [segment for segment in found if segment.start < segment.end]


def _order(span: Span, end: int) -> tuple[int, int, int]:
    """Of several that were still going at the end, the one that went on longest, then the one that began first."""
    return min(span.end, end), span.end, -span.start
