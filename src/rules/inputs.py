"""What can happen that rules must look at? Every input of ``step`` is one of these."""

from dataclasses import dataclass

from rules.instants import Instant
from rules.model import Fingerprint, Run
from rules.vocabulary import Severity


@dataclass(slots=True, frozen=True)
class Failed:
    """A run ended badly. ``occurrence`` is unique for ever: the same failure told twice has the same one.
    ``consequence_of`` is the run that it started and that failed before it, with the same error."""

    run: Run
    fingerprint: Fingerprint
    severity: Severity
    occurrence: str
    occurred_at: Instant
    consequence_of: str = ""


@dataclass(slots=True, frozen=True)
class Succeeded:
    """A run ended well and nothing more is expected of it. ``started_at`` is 0 where it is not known."""

    engine: str
    workflow: str
    environment: str
    started_at: Instant
    ended_at: Instant


@dataclass(slots=True, frozen=True)
class Due:
    """A stored deadline came. ``kind`` names the timer, ``owner`` the alert key, ``detail`` e.g. the channel."""

    kind: str
    owner: str
    detail: str
    due_at: Instant


@dataclass(slots=True, frozen=True)
class Acted:
    """A person did something to an alert: ``acknowledge`` or ``resolve``."""

    action: str
    alert_key: str
    by: str


Input = Failed | Succeeded | Due | Acted
