"""What does a span tell that has not ended? ``tocsin_client.otel`` sends runs that are open for long as such spans.

The engine's adapter recognises the run as ever; that it ended is taken back. ``tocsin.span`` is ``open``, or
``abandoned`` by a process that ends; ``tocsin.silent_after`` the seconds until the run is to be called lost.
"""

from msgspec.structs import replace

from alerting.ingest.facts import Fact, RunFact
from alerting.ingest.spans import SpanView
from rules.instants import DAY, SECOND, Duration
from rules.model import ErrorInfo
from rules.vocabulary import Outcome

MARK = "tocsin.span"
MARKER = MARK.encode()
_SILENT_AFTER = "tocsin.silent_after"
_ABANDONED = ErrorInfo("RunAbandoned", "the process that ran it ended while the run was still open")


def as_open(view: SpanView, facts: list[Fact]) -> list[Fact]:
    """``facts`` as they are of a span that has ended."""
    state = view.attributes.get(MARK)
    if state is None:
        return facts
    return [_opened(fact, state, view) for fact in facts if isinstance(fact, RunFact)]


def _opened(fact: RunFact, state: str, view: SpanView) -> RunFact:
    if state == "abandoned":
        return replace(fact, outcome=Outcome.CRASHED, error=_ABANDONED)
    silent_after = _duration(view.attributes.get(_SILENT_AFTER, ""))
    return replace(fact, outcome=Outcome.RUNNING, error=None, silent_after=silent_after)


def _duration(told: str) -> Duration:
    try:
        seconds = float(told)
    except ValueError:
        return 0
    return min(int(seconds * SECOND), 30 * DAY) if 0 < seconds < float("inf") else 0
