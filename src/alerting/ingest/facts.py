"""What can one span, record or event tell about a run? The vocabulary between engines' adapters and run tracking.

Facts are partial, may come in any order and more than once; ``alerting.tracking`` folds them. A fact names its run by
``run_id`` (and ``workflow``, where run ids are unique only within one) when it can, else by ``trace_id``. Unknown text
is "", an unknown number or time is 0.
"""

import msgspec

from rules.instants import Duration, Instant
from rules.model import ErrorInfo
from rules.vocabulary import Outcome, Severity


class RunFact(msgspec.Struct, tag="run", omit_defaults=True):
    """Something that speaks for the whole run: its root span, or an event about it.

    Without a ``run_id``, ``handed_by`` is the span that handed the run over, which another fact names. ``retry_of`` is
    the span of the try that this one repeats: what that said was not the end. ``in_step``: it failed since a step did.
    ``part``: it tells of one job of the run; a fault of that is the run's, a success is not the run's end.
    ``silent_after``: a sign of life comes at least so often as long as it is open.
    """

    engine: str
    workflow: str
    run_id: str
    outcome: Outcome
    trace_id: str = ""
    span_id: str = ""
    handed_by: str = ""
    retry_of: str = ""
    started_at: Instant = 0
    ended_at: Instant = 0
    error: ErrorInfo | None = None
    failing_step: str = ""
    in_step: bool = False
    part: bool = False
    silent_after: Duration = 0
    attempts: int = 0
    max_attempts: int = 0
    environment: str = ""
    version: str = ""
    parent_run_id: str = ""
    url: str = ""
    severity: Severity | None = None
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    service: str = ""  # service.name: the steps of a run come from the process that ran it
    told_by_event: bool = False  # events and webhooks end a run at once; spans only when nothing more comes
    notify: bool = True
    event_id: str = ""  # the source's own id of this occurrence


class StepFact(msgspec.Struct, tag="step", omit_defaults=True):
    """A step that failed, or that tells how often it was tried. Healthy steps make no fact, where that can be helped.

    Facts with the same ``tries`` are tries of one step, for engines that do not number them; one without a ``step`` is
    a try of the whole run that was followed by another.
    """

    engine: str
    step: str
    workflow: str = ""
    run_id: str = ""
    trace_id: str = ""
    span_id: str = ""
    parent_span_id: str = ""
    started_at: Instant = 0
    ended_at: Instant = 0
    failed: bool = False
    cancelled: bool = False
    error: ErrorInfo | None = None
    attempts: int = 0
    tries: str = ""
    service: str = ""  # service.name, to tell runs of several processes in one trace apart


class ErrorFact(msgspec.Struct, tag="error", omit_defaults=True):
    """An error told apart from its span: a log record with an exception."""

    engine: str
    error: ErrorInfo
    run_id: str = ""
    trace_id: str = ""
    span_id: str = ""
    at: Instant = 0
    fatal: bool = True  # severity ERROR or above; below, it matters only if the run fails
    workflow: str = ""


Fact = RunFact | StepFact | ErrorFact
