"""What is a run, and what is a failure? The two facts that rules look at."""

import msgspec

from rules.instants import Instant
from rules.vocabulary import Outcome, Severity


class ErrorInfo(msgspec.Struct, frozen=True):
    """An error as an engine told it. ``type`` is the bare class name of the final error, ``cause_type`` the innermost
    cause's under wrappers; empty strings where it is not known."""

    type: str = ""
    message: str = ""
    stack: str = ""
    cause_type: str = ""


class Run(msgspec.Struct, frozen=True):
    """One execution of a workflow, as far as it is known. ``id`` is the run key's hash; 0 and "" mean unknown."""

    id: str
    engine: str
    workflow: str
    run_id: str
    outcome: Outcome
    started_at: Instant = 0
    ended_at: Instant = 0
    error: ErrorInfo | None = None
    failing_step: str = ""
    attempts: int = 0
    max_attempts: int = 0
    environment: str = ""
    version: str = ""
    parent_run_id: str = ""
    url: str = ""
    severity: Severity | None = None
    labels: dict[str, str] = msgspec.field(default_factory=dict)


class Fingerprint(msgspec.Struct, frozen=True):
    """What a fault *is*: a versioned hash, and the components it was made of ("why grouped").

    ``group`` identifies the error group; ``cause`` is the same without workflow and step."""

    group: str
    cause: str
    version: int
    components: tuple[tuple[str, str], ...]
