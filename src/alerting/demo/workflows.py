"""What happens in the demo's day? Five workflows with a plain truth: an outage, a bad release, a flaky step."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from rules.instants import DAY, HOUR, MINUTE, SECOND, Duration, Instant


@dataclass(frozen=True)
class Workflow:
    """``every`` so often a run of ``steps`` (name, typical duration)."""

    name: str
    every: Duration
    steps: tuple[tuple[str, Duration], ...]


@dataclass(frozen=True)
class Fault:
    """``share`` of the runs of a workflow that begin in [``since``, ``until``) of the day fail in ``step``."""

    workflow: str
    step: str
    since: Duration
    until: Duration
    share: float
    error: str
    message: str


@dataclass(frozen=True)
class PlayedRun:
    workflow: str
    number: int
    started_at: Instant
    version: str
    steps: tuple[tuple[str, Duration], ...]
    fault: Fault | None

    @property
    def ended_at(self) -> Instant:
        return self.started_at + sum(took for _, took in self.steps) + SECOND // 10


WORKFLOWS = (
    Workflow(
        "charge-card", 4 * MINUTE, (("load-order", SECOND // 5), ("charge", SECOND), ("send-receipt", SECOND // 3))
    ),
    Workflow("sync-inventory", 10 * MINUTE, (("fetch", 4 * SECOND), ("compare", 2 * SECOND), ("store", SECOND))),
    Workflow("send-invoices", 15 * MINUTE, (("collect", 3 * SECOND), ("render", 6 * SECOND), ("mail", 2 * SECOND))),
    Workflow(
        "import-catalog", 30 * MINUTE, (("download", 20 * SECOND), ("parse", 15 * SECOND), ("upsert", 9 * SECOND))
    ),
    Workflow("nightly-report", 6 * HOUR, (("query", 90 * SECOND), ("draw", 20 * SECOND))),
)
FAULTS = (
    Fault(
        "sync-inventory", "fetch", 5 * HOUR, 7 * HOUR, 1.0, "UpstreamTimeout", "GET /stock/{n} gave no answer in 10 s"
    ),
    Fault("import-catalog", "parse", 15 * HOUR, 24 * HOUR, 1.0, "KeyError", "'column_{n}'"),
    Fault("charge-card", "charge", 11 * HOUR, 12 * HOUR, 1.0, "GatewayError", "status 503 from the card gateway"),
    Fault("send-invoices", "mail", 0, 24 * HOUR, 0.04, "SMTPServerBusy", "451 mailbox user{n}@example.com busy"),
)
_RELEASE = 15 * HOUR


def day(begins: Instant, chance: Random) -> list[PlayedRun]:
    """Every run of the day, in the order of their ends."""
    runs = [run for workflow in WORKFLOWS for run in _runs(workflow, begins, chance)]
    return sorted(runs, key=lambda run: (run.ended_at, run.workflow))


def _runs(workflow: Workflow, begins: Instant, chance: Random) -> Iterator[PlayedRun]:
    for number in range(DAY // workflow.every):
        into = number * workflow.every + round(chance.uniform(0, workflow.every // 4))
        steps = tuple((name, round(took * chance.lognormvariate(0, 0.35))) for name, took in workflow.steps)
        fault = next((each for each in FAULTS if _strikes(each, workflow, into, chance)), None)
        if fault is not None:
            names = [name for name, _ in steps]
            steps = steps[: names.index(fault.step) + 1]
        version = "2.4.0" if into >= _RELEASE else "2.3.1"
        yield PlayedRun(workflow.name, number, begins + into, version, steps, fault)


def _strikes(fault: Fault, workflow: Workflow, into: Duration, chance: Random) -> bool:
    return fault.workflow == workflow.name and fault.since <= into < fault.until and chance.random() < fault.share
