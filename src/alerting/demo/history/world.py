"""What is planted in a history? Workflows, and everything that happens to them: this is what a report should find."""

from dataclasses import dataclass, field

from rules.instants import Duration, Instant
from rules.vocabulary import BAD, Outcome, Severity


@dataclass(frozen=True, slots=True)
class Fault:
    """One cause of failures, and what a failed run tells of it. ``{n}`` in ``message`` becomes a number of the run's.
    Without a ``step`` the run fails outside its steps."""

    error: str
    message: str
    step: str = ""
    outcome: Outcome = Outcome.FAILED


@dataclass(frozen=True, slots=True)
class Workflow:
    """``every``: the interval of its schedule, 0 for one that follows the traffic. ``steps`` are (name, share of the
    run's time). ``typical`` is the median of the durations of good runs, ``spread`` the σ of their logarithms. ``rate``
    is the chance of a run to fail in ``faults``, the first of which are the likelier ones; ``flaky`` the chance that
    ``flaky_step`` fails once and passes when it is tried again. ``severity`` is what the rules give its bad runs."""

    name: str
    engine: str
    environment: str
    every: Duration
    steps: tuple[tuple[str, float], ...]
    typical: Duration
    spread: float
    rate: float
    faults: tuple[Fault, ...]
    flaky: float = 0.0
    flaky_step: str = ""
    versioned: bool = True
    severity: Severity = Severity.HIGH

    @property
    def timeout(self) -> Duration:
        return 8 * self.typical


@dataclass(frozen=True, slots=True)
class Release:
    """Runs of ``workflow`` that start from ``at`` on are of ``version``."""

    workflow: str
    at: Instant
    version: str


@dataclass(frozen=True, slots=True)
class Regression:
    """The release of ``version`` at ``since`` multiplied the chance of ``workflow`` to fail by ``factor``, all of it by
    ``fault``; the release at ``until`` mended it (0: none did)."""

    workflow: str
    since: Instant
    until: Instant
    version: str
    factor: float
    fault: Fault


@dataclass(frozen=True, slots=True)
class Drift:
    """From ``since`` to the end of the history the good runs of ``workflow`` grow slower, up to ``factor`` times."""

    workflow: str
    since: Instant
    factor: float


@dataclass(frozen=True, slots=True)
class Outage:
    """``share`` of the runs of ``workflows`` that start in [since, until) end by ``fault``: one cause for all."""

    since: Instant
    until: Instant
    workflows: tuple[str, ...]
    fault: Fault
    share: float


@dataclass(frozen=True, slots=True)
class Guilty:
    """Runs whose attribute ``name`` is ``value`` fail ``factor`` times as often as others."""

    name: str
    value: str
    factor: float


@dataclass(frozen=True, slots=True)
class Mishaps:
    """The shares of all runs that are cancelled, skipped or (of scheduled ones) missed, and of those whose telemetry
    comes up to six hours late, or twice."""

    cancelled: float = 0.01
    skipped: float = 0.003
    missed: float = 0.004
    late: float = 0.01
    twice: float = 0.02


@dataclass(frozen=True, slots=True)
class World:
    """``runs`` in [since, until), known by ``seed``. ``attributes``: the values that each attribute of a run takes."""

    seed: int
    since: Instant
    until: Instant
    runs: int
    workflows: tuple[Workflow, ...]
    releases: tuple[Release, ...]
    regressions: tuple[Regression, ...]
    drifts: tuple[Drift, ...]
    outages: tuple[Outage, ...]
    guilty: Guilty
    attributes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    mishaps: Mishaps = Mishaps()


@dataclass(slots=True)
class PlayedRun:
    """What truly became of one run. ``fault`` is why it was bad, ``step`` where it failed or was tried again, ``tries``
    how often that step was tried; ``copies`` of its telemetry arrive, the first at ``received_at``. A missed run is one
    that was due at ``ended_at`` and did not start."""

    workflow: Workflow
    run_id: str
    started_at: Instant
    ended_at: Instant
    received_at: Instant
    outcome: Outcome
    version: str
    attributes: dict[str, str]
    number: int
    fault: Fault | None = None
    step: str = ""
    tries: int = 1
    copies: int = 1

    @property
    def bad(self) -> bool:
        """In the eyes of alert rules, to which a missed run is bad too."""
        return self.outcome in BAD

    @property
    def healed(self) -> bool:
        return self.outcome is Outcome.SUCCEEDED and self.tries > 1

    @property
    def message(self) -> str:
        return self.fault.message.replace("{n}", str(1000 + self.number)) if self.fault else ""

    @property
    def stack(self) -> str:
        """A Python traceback through the user's code, but for what no code of theirs raised."""
        if self.fault is None or self.outcome is not Outcome.FAILED:
            return ""
        module, function = (name.replace("-", "_") for name in (self.workflow.name, self.step or "run"))
        return (
            f'Traceback (most recent call last):\n  File "/app/shop/{module}.py", line 41, in {function}\n'
            f"    return client.{function}(order)\n{self.fault.error}: {self.message}\n"
        )
