"""What would the service have recorded of a run? The same row as by way of its telemetry, without that way."""

from alerting.demo.history.spans import reason, tells_by_spans, tried
from alerting.demo.history.telemetry import SERVICE
from alerting.demo.history.world import PlayedRun
from alerting.tracking.record import Detail, Evidence, RunRecord, with_cause
from rules.fingerprint import fingerprint
from rules.identity import run_key
from rules.model import ErrorInfo, Fingerprint


def record_of(run: PlayedRun) -> RunRecord:
    """What a run's attributes were is kept as labels, of spans the service's name too."""
    workflow, by_spans = run.workflow, tells_by_spans(run)
    labels = {**run.attributes, "service": SERVICE} if by_spans else run.attributes
    return RunRecord(
        run_key(workflow.engine, workflow.name, run.run_id), workflow.engine, workflow.name, run.run_id, run.outcome,
        workflow.severity.value if run.bad else "", _error(run), "", run.step if run.fault else "", run.tries, 0,
        run.started_at, run.ended_at, run.received_at, run.received_at, workflow.environment, run.version,
        told_by_event=not by_spans, evaluated=run.bad,
        detail=Detail(labels=labels, attempts=run.tries, evidence=_evidence(run) if by_spans and run.step else []),
    )  # fmt: skip


def _evidence(run: PlayedRun) -> list[Evidence]:
    """What spans tell of the tries that failed."""
    kind, message, stack = reason(run)
    failed = list(tried(run))[: run.tries if run.fault else -1]
    return [
        Evidence(
            at=end, started_at=start, span_id=str(number), step=run.step, failed=True, type=kind, message=message,
            stack=stack, attempts=number if run.tries > 1 and run.workflow.engine == "otel" else 0,
        )
        for number, (start, end) in enumerate(failed, 1)
    ]  # fmt: skip


def _error(run: PlayedRun) -> ErrorInfo:
    if run.fault is None:
        return ErrorInfo()
    return with_cause(ErrorInfo(run.fault.error, run.message, run.stack))


def grouped(record: RunRecord) -> Fingerprint | None:
    """Puts a bad run into its error group; None for others."""
    if not record.bad:
        return None
    print_ = fingerprint(record.workflow, record.failing_step, record.error)
    record.error_group = print_.group
    return print_
