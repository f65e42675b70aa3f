"""What may a user write about who is told, and when? The models of ``policies`` and ``owners``, and the defaults."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from rules.calendar.zones import Zone
from rules.instants import HOUR, MINUTE, SECOND, Duration
from rules.sections import ConfigDuration, MatchSpec, Section, one_of
from rules.vocabulary import Severity

Timing = Literal["now", "hourly", "daily", "never"]
BySeverity = dict[Severity | Literal["default"], ConfigDuration]
GROUP_BY_FIELDS = (
    "workflow", "error_group", "cause", "engine", "environment", "version", "step", "severity", "error_type", "rule",
)  # fmt: skip
DEFAULT_TIMING: dict[Severity, Timing] = {
    Severity.CRITICAL: "now",
    Severity.HIGH: "hourly",
    Severity.MEDIUM: "daily",
    Severity.LOW: "never",
}
_WAIT: Duration = 15 * SECOND
_INTERVAL: Duration = 2 * MINUTE
_REMIND: dict[Severity, tuple[Duration, ...]] = {Severity.CRITICAL: (30 * MINUTE, 2 * HOUR, 8 * HOUR)}
_AT_ONCE = frozenset({Severity.CRITICAL, Severity.HIGH})


class Digest(Section):
    """When what was put off is told: daily at ``at``, or hourly at the minute of ``at``, in local time."""

    at: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "09:00"
    timezone: Zone = "UTC"
    every: Literal["daily", "hourly"] = "daily"


class Escalation(Section):
    """Tell ``channels`` as well once an alert has been open for ``after``, unless somebody has acknowledged it."""

    after: ConfigDuration
    channels: Annotated[tuple[str, ...], Field(min_length=1)]
    unless: Literal["acknowledged", "resolved"] = "acknowledged"


class Storm(Section):
    """More than ``alerts`` new ones on one channel ``within`` are told together, ``every`` so often."""

    alerts: Annotated[int, Field(ge=1)] = 10
    within: ConfigDuration = MINUTE
    every: ConfigDuration = 10 * MINUTE


class Flapping(Section):
    """``changes`` between firing and resolved ``within`` are told once, until there are fewer than two."""

    changes: Annotated[int, Field(ge=2)] = 6
    within: ConfigDuration = HOUR


def _not_incessant(wait: Duration) -> Duration:
    if wait < SECOND:
        raise ValueError("is too often for a reminder; make it 1s or longer")
    return wait


def _usual_reminders() -> dict[Severity, tuple[Duration, ...]]:
    return {Severity.CRITICAL: (30 * MINUTE, 2 * HOUR, 8 * HOUR)}


class Policy(Section):
    """``group_wait`` and ``group_interval``: one duration for every severity, or by severity."""

    channels: tuple[str, ...] = ()
    timing: dict[Severity, Timing] = Field(default_factory=dict)
    dedup_window: ConfigDuration = HOUR
    group_by: tuple[Annotated[str, one_of(GROUP_BY_FIELDS)], ...] = ("workflow",)
    group_wait: ConfigDuration | BySeverity = Field(default_factory=dict)
    group_interval: ConfigDuration | BySeverity = Field(default_factory=dict)
    remind: dict[Severity, tuple[Annotated[ConfigDuration, AfterValidator(_not_incessant)], ...]] = Field(
        default_factory=_usual_reminders
    )
    digest: Digest = Digest()
    escalate: tuple[Escalation, ...] = ()
    storm: Storm = Storm()
    mute: tuple[str, ...] = ()
    ack_timeout: ConfigDuration = 8 * HOUR
    flapping: Flapping = Flapping()

    def when(self, severity: Severity) -> Timing:
        return self.timing.get(severity, DEFAULT_TIMING[severity])

    def wait(self, severity: Severity) -> Duration:
        """How long the first message of a conversation waits for others to join it."""
        return _pick(self.group_wait, severity, 0 if severity in _AT_ONCE else None, _WAIT)

    def spacing(self, severity: Severity) -> Duration:
        """The least time between two messages of a conversation. One duration in the file holds for every severity;
        else ``hourly`` is an hour, whatever ``default`` says."""
        usual = HOUR if self.when(severity) == "hourly" else 0 if severity is Severity.CRITICAL else None
        return _pick(self.group_interval, severity, usual, _INTERVAL)

    def spaced_by_file(self, severity: Severity) -> bool:
        """Whether the file itself says how far apart messages of this severity are."""
        return not isinstance(self.group_interval, dict) or severity in self.group_interval


def _pick(told: Duration | BySeverity, severity: Severity, usual: Duration | None, otherwise: Duration) -> Duration:
    if not isinstance(told, dict):
        return told
    if severity in told:
        return told[severity]
    return usual if usual is not None else told.get("default", otherwise)


class Owner(Section):
    """Whose alerts those are that match. ``channels`` are told beside the policy's; ``mention`` goes into messages."""

    match: MatchSpec = Field(default_factory=dict)
    team: Annotated[str, Field(min_length=1, max_length=200)]
    channels: tuple[str, ...] = ()
    mention: str = ""
