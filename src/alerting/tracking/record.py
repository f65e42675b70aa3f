"""What is known of one run so far: the winning telling of its end, and the evidence for what went wrong."""

import msgspec
from msgspec.structs import replace

from alerting.ingest.facts import ErrorFact, Fact, RunFact
from rules.causes import innermost_type
from rules.instants import Duration, Instant
from rules.model import ErrorInfo, Run
from rules.vocabulary import BAD, Outcome, Severity


class Evidence(msgspec.Struct, frozen=True, omit_defaults=True, order=True):
    """A failed step or a logged error of the run. ``fatal`` is False for one that was handled. With an ``outcome`` it
    is a telling of the run's end that does not name its run. ``by_trace``: only the trace tells whose it is."""

    at: Instant = 0
    span_id: str = ""
    parent_span_id: str = ""
    step: str = ""
    attempts: int = 0
    failed: bool = False
    fatal: bool = True
    engine: str = ""
    service: str = ""
    type: str = ""
    message: str = ""
    stack: str = ""
    workflow: str = ""
    tries: str = ""
    cancelled: bool = False
    by_trace: bool = False
    outcome: str = ""
    started_at: Instant = 0
    trace_id: str = ""

    @property
    def key(self) -> str:
        """The same evidence told twice has the same key."""
        if self.tries:
            return f"{self.tries}:{self.span_id}:{self.at}"
        return f"{self.span_id}:{self.step}" if self.step else f"{self.span_id}:{self.type}:{self.message[:200]}"

    @property
    def error(self) -> ErrorInfo:
        return ErrorInfo(self.type, self.message, self.stack)


class Detail(msgspec.Struct, omit_defaults=True):
    """What only some runs have. Kept as JSON beside the columns. ``watched``: after so long a silence a deadline
    comes due; ``lost``: it had, for a while at least. ``shown``: the good end that the rules were told of; ``tried``:
    the failed tries that they were; ``novelty``: what its failure was for its error group; ``grouped``: the try of the
    run, and its end, that the error group is of."""

    told: tuple[str, str, str] = ("", "", "")
    told_step: str = ""
    told_span: str = ""
    in_step: bool = False
    part: bool = False
    attempts: int = 0
    spans: list[str] = msgspec.field(default_factory=list)
    handed_by: list[str] = msgspec.field(default_factory=list)
    retried: list[str] = msgspec.field(default_factory=list)
    evidence: list[Evidence] = msgspec.field(default_factory=list)
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    traces: list[str] = msgspec.field(default_factory=list)
    occurrence: str = ""
    source_id: str = ""
    told_severity: str = ""
    was_group: str = ""
    service: str = ""
    quiet: bool = False
    consequence_of: str = ""
    waiting: bool = False
    silent_after: Duration = 0
    watched: Duration = 0
    lost: bool = False
    stack: str = ""
    shown: str = ""
    novelty: str = ""
    tried: list[str] = msgspec.field(default_factory=list)
    grouped: tuple[int, Instant] = (0, 0)


class RunRecord(msgspec.Struct):
    """One row of ``run``, in memory. ``stored`` is the row as it was read, None for a new run."""

    id: str
    engine: str
    workflow: str
    run_id: str
    outcome: Outcome = Outcome.RUNNING
    severity: str = ""
    error: ErrorInfo = msgspec.field(default_factory=ErrorInfo)
    error_group: str = ""
    failing_step: str = ""
    attempts: int = 0
    max_attempts: int = 0
    started_at: Instant = 0
    ended_at: Instant = 0
    received_at: Instant = 0
    heard_at: Instant = 0
    environment: str = ""
    version: str = ""
    parent_run_id: str = ""
    url: str = ""
    trace_id: str = ""
    told_by_event: bool = False
    evaluated: bool = False
    detail: Detail = msgspec.field(default_factory=Detail)
    stored: dict[str, object] | None = None

    @property
    def bad(self) -> bool:
        return self.outcome in BAD

    @property
    def complete(self) -> bool:
        """Whether the rules have all they need: the workflow, and what kind of error it was."""
        return bool(self.workflow and (self.error.type or self.error.stack))

    def run(self) -> Run:
        """The run as rules see it."""
        return Run(
            id=self.id,
            engine=self.engine,
            workflow=self.workflow,
            run_id=self.run_id,
            outcome=self.outcome,
            started_at=self.started_at,
            ended_at=self.ended_at,
            error=self.error if self.bad else None,
            failing_step=self.failing_step,
            attempts=self.attempts,
            max_attempts=self.max_attempts,
            environment=self.environment,
            version=self.version,
            parent_run_id=self.parent_run_id,
            url=self.url,
            severity=Severity(self.detail.told_severity) if self.detail.told_severity else None,
            labels=self.detail.labels,
        )


def evidence_of(fact: Fact) -> Evidence:
    error = fact.error or ErrorInfo()
    common = Evidence(
        type=error.type, message=error.message, stack=error.stack, workflow=fact.workflow, by_trace=not fact.run_id
    )
    if isinstance(fact, ErrorFact):
        return replace(common, at=fact.at, span_id=fact.span_id, fatal=fact.fatal)
    common = replace(
        common,
        at=fact.ended_at,
        span_id=fact.span_id,
        attempts=fact.attempts,
        engine=fact.engine,
        service=fact.service,
    )
    if isinstance(fact, RunFact):
        outcome = fact.outcome.value
        began = {"started_at": fact.started_at, "trace_id": fact.trace_id}
        return replace(common, parent_span_id=fact.handed_by, outcome=outcome, **began)
    return replace(
        common,
        parent_span_id=fact.parent_span_id,
        started_at=fact.started_at,
        step=fact.step,
        failed=fact.failed,
        tries=fact.tries,
        cancelled=fact.cancelled,
    )


def telling_of(evidence: Evidence, run_id: str) -> RunFact:
    """The telling of an end that ``evidence`` stands for, now that its run is known."""
    error = evidence.error if evidence.type or evidence.message or evidence.stack else None
    return RunFact(
        evidence.engine,
        evidence.workflow,
        run_id,
        Outcome(evidence.outcome),
        evidence.trace_id,
        evidence.span_id,
        evidence.parent_span_id,
        started_at=evidence.started_at,
        ended_at=evidence.at,
        error=error,
        attempts=evidence.attempts,
        service=evidence.service,
    )


def with_cause(error: ErrorInfo) -> ErrorInfo:
    if error.cause_type or not (error.type or error.stack):
        return error
    return ErrorInfo(error.type, error.message, error.stack, innermost_type(error))


def run_id_of(fact: RunFact) -> str:
    """The engine's run id; the trace stands in only where there is none, with the span that handed the run over."""
    return fact.run_id or stand_in(fact.trace_id, fact.handed_by) or fact.event_id


def stand_in(trace_id: str, handed_by: str) -> str:
    return f"{trace_id}-{handed_by}" if handed_by else trace_id
