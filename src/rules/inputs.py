"""What can happen that rules must look at? Every input of ``step`` is one of these."""

import msgspec

from rules.instants import Instant
from rules.model import Fingerprint, Run
from rules.vocabulary import Severity


class Failed(msgspec.Struct, frozen=True):
    """A run ended badly. ``occurrence`` is unique for ever: the same failure told twice has the same one.
    ``consequence_of`` is the run that it started and that failed before it, with the same error. ``novelty`` of its
    error group: "new", "regressed" or "". ``attempt``: above 0, one try of a run that may still succeed, which only
    rules with ``on: attempt`` look at."""

    run: Run
    fingerprint: Fingerprint
    severity: Severity
    occurrence: str
    occurred_at: Instant
    consequence_of: str = ""
    novelty: str = ""
    attempt: int = 0


class Finished(msgspec.Struct, frozen=True):
    """A run ended well, or was cancelled or skipped, and nothing more is expected of it. ``started_at`` is 0 where it
    is not known."""

    run: Run
    started_at: Instant
    ended_at: Instant


class Heard(msgspec.Struct, frozen=True):
    """A run is open, and something was heard of it at ``at`` (event time)."""

    run: Run
    at: Instant


class Armed(msgspec.Struct, frozen=True):
    """A rule looks for something from now on, for one key, though nothing may ever come."""

    rule: str
    values: tuple[str, ...]


class Due(msgspec.Struct, frozen=True):
    """A stored deadline came. ``kind`` names the timer, ``owner`` the key of an alert or a conversation."""

    kind: str
    owner: str
    detail: str
    due_at: Instant


class Acted(msgspec.Struct, frozen=True):
    """A person did something to an alert: ``acknowledge`` (``until`` 0: for the policy's time), ``unacknowledge`` or
    ``resolve``."""

    action: str
    alert_key: str
    by: str
    until: Instant = 0


Input = Failed | Finished | Heard | Armed | Due | Acted
