"""The words everyone here shares: outcomes, severities, reasons."""

from enum import StrEnum


class Outcome(StrEnum):
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CRASHED = "crashed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    MISSED = "missed"
    LOST = "lost"


BAD = frozenset({Outcome.FAILED, Outcome.TIMED_OUT, Outcome.CRASHED, Outcome.LOST, Outcome.MISSED})
TERMINAL = frozenset(Outcome) - {Outcome.RUNNING}


class Severity(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class AlertStatus(StrEnum):
    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"


class Reason(StrEnum):
    """Why a message goes out."""

    FIRST = "first"
    AGAIN = "again"
    NEW_MEMBERS = "new_members"
    SEVERITY_UP = "severity_up"
    REOPENED = "reopened"
    RESOLVED = "resolved"
    RECOVERED = "recovered"
    REMINDER = "reminder"
    DIGEST = "digest"
    ESCALATION = "escalation"
    FLAPPING = "flapping"
    STORM = "storm"
    LATE = "late"
    ACKNOWLEDGED = "acknowledged"
    DRILL = "drill"
    REPORT = "report"
    TEST = "test"


class Silence(StrEnum):
    """Why a message does not go out."""

    DEDUP = "dedup"
    GROUPED = "grouped"
    DIGEST_LATER = "digest_later"
    SILENCED = "silenced"
    MUTED = "muted"
    MAINTENANCE = "maintenance"
    INHIBITED = "inhibited"
    FLAPPING = "flapping"
    RATE_LIMITED = "rate_limited"
    SHADOW = "shadow"
    CONSEQUENCE = "consequence"
    TOO_LATE = "too_late"
    LOW = "low"
    NO_POLICY = "no_policy"
