"""Which of the spans of its traces are a run's own, and what do they say in words that every engine shares?"""

import re
from collections import defaultdict

from alerting.ingest.spans import SpanRecord
from alerting.tracking.record import RunRecord
from reports.traces.span import Span

_RANDOM_END = re.compile(r"-[0-9a-f]{3}$")  # Prefect: a task run is named for its task, with three digits of its own
_NUMBER = re.compile(r"\b(?=[0-9a-f-]*\d)[0-9a-f-]{8,}\b|\d+", re.IGNORECASE)  # or an id
_TRIED = re.compile(r"Step attempt \d+ failed|AwaitingRetry")  # events of DBOS and of Prefect
_MESSAGE_ID = "messaging.message.id"


def neutral(spans: list[SpanRecord], run: RunRecord) -> list[Span]:
    """For ``reports.traces``. Where no span is known to be the run's, all are."""
    return [_span(each, run) for each in own_spans(spans, run)]


def own_spans(spans: list[SpanRecord], run: RunRecord) -> list[SpanRecord]:
    """The spans that tell of the run itself, and all below them. Those of Temporal's interceptor have no duration, and
    the steps stand beside them."""
    ours = set(run.detail.spans)
    told = [span for span in spans if span.span_id in ours]
    if not told:
        return spans
    below = _below(spans, run)
    if all(span.started_at == span.ended_at for span in told):
        for parent in {span.parent_span_id for span in told} - {""}:
            told += below[parent]
    found = {span.span_id for span in told}
    todo = list(found)
    while todo:
        new = {span.span_id for span in below[todo.pop()]} - found
        found |= new
        todo.extend(new)
    return [span for span in spans if span.span_id in found]


def _below(spans: list[SpanRecord], run: RunRecord) -> dict[str, list[SpanRecord]]:
    found: dict[str, list[SpanRecord]] = defaultdict(list)
    for span in spans:
        if not _is_other_task(span, run):
            found[span.parent_span_id].append(span)
    return found


def _is_other_task(span: SpanRecord, run: RunRecord) -> bool:
    """A task of Celery's that this one only handed over is a run of its own."""
    return span.name.startswith("run/") and span.attributes.get(_MESSAGE_ID, run.run_id) != run.run_id


def _span(span: SpanRecord, run: RunRecord) -> Span:
    name = _name(span, run)
    return Span(
        name=name,
        span_id=span.span_id,
        parent_id=span.parent_span_id,
        start=span.started_at,
        end=span.ended_at,
        failed=_failed(span),
        thing=_thing(span),
        retries=sum(bool(_TRIED.match(event.get("name", ""))) for event in span.events),
        alike=_NUMBER.sub("<n>", name),
        message=span.status_message or _exception(span).get("exception.message", ""),
        attributes={"service.name": span.service, **span.place, **span.attributes},
    )


def _name(span: SpanRecord, run: RunRecord) -> str:
    """Prefect names runs at random."""
    kind = span.attributes.get("prefect.run.type")
    if kind == "flow":
        return run.workflow if span.span_id in run.detail.spans else "child flow"
    return _RANDOM_END.sub("", span.name) if kind == "task" else span.name


def _failed(span: SpanRecord) -> bool:
    """Status is not all: a retry of Celery's or taskiq's has none, nor has a failed workflow of Temporal's."""
    return (
        span.status == "error"
        or span.attributes.get("celery.state") == "RETRY"
        or "taskiq.retry.reason" in span.attributes
        or (span.name.startswith("CompleteWorkflow:") and bool(_exception(span)))
    )


def _exception(span: SpanRecord) -> dict[str, str]:
    return next((event for event in reversed(span.events) if event.get("name") == "exception"), {})


def _thing(span: SpanRecord) -> str:
    """What was tried: a message of Celery's, a task of Airflow's or one of those it was mapped to."""
    if span.name.startswith(("run/", "apply_async/")):
        return span.attributes.get(_MESSAGE_ID, "")
    return span.attributes.get("airflow.task_instance.map_index", "") if span.name.startswith("task_run.") else ""
