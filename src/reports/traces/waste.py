"""What did trying cost? The time of failed attempts, and how much later retried steps were done."""

from collections.abc import Iterable
from dataclasses import dataclass

from reports.traces.span import Span
from reports.traces.steps import Step, fold
from reports.traces.tree import Node, grow


@dataclass(frozen=True, slots=True)
class Waste:
    """``failed`` µs in ``attempts`` failed attempts of steps, side by side ones added up. ``delay``: µs from the first
    to the last attempt's start of each step that was tried again, back-off included. ``told`` are failed attempts that
    spans only tell of, without a time."""

    attempts: int = 0
    failed: int = 0
    delay: int = 0
    told: int = 0


def waste(spans: Iterable[Span]) -> Waste:
    """Of one run. An attempt that failed is lost as a whole: what lies in it is not counted again. The run itself is an
    attempt only where it has no steps, or was itself tried again."""
    found = Waste()
    todo = [(step, True) for step in fold(grow(spans))]
    while todo:
        step, is_run = todo.pop()
        lost = [node for node in step.attempts if node.span.failed and not (is_run and _goes_on(step, node))]
        found = _add(found, step, lost)
        todo.extend((part, False) for node in step.attempts if node not in lost for part in fold(node.children))
    return found


def _goes_on(step: Step, node: Node) -> bool:
    """The last attempt of a run is judged by its steps."""
    return node is step.attempts[-1] and bool(node.children)


def _add(found: Waste, step: Step, lost: list[Node]) -> Waste:
    again = any(node.span.failed for node in step.attempts[:-1])
    return Waste(
        found.attempts + len(lost),
        found.failed + sum(node.span.took for node in lost),
        found.delay + (step.last.start - step.start if again else 0),
        found.told + sum(node.span.retries for node in step.attempts),
    )
