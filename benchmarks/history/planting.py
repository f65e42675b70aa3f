"""Which world does a seed stand for? Workflows of several engines and schedules, and what is planted in them."""

from dataclasses import replace

import numpy as np

from alerting.demo.history.world import Drift, Fault, Guilty, Outage, Regression, Release, Workflow, World
from rules.instants import DAY, HOUR, MINUTE, SECOND, Duration, Instant
from rules.vocabulary import Outcome

START: Instant = 1_787_529_600 * SECOND  # a Monday, 2026-08-24
ENGINES = ("otel", "cicd", "event", "airflow")
_NAMES = (
    "charge-card", "sync-stock", "send-invoices", "import-catalog", "nightly-report", "score-leads", "ship-orders",
    "refund", "train-ranker", "rebuild-index",
)  # fmt: skip
_STEPS = (("load", 0.2), ("compute", 0.5), ("store", 0.3)), (("fetch", 0.6), ("publish", 0.4))
_FAULTS = (
    Fault("UpstreamTimeout", "no answer from GET /items/{n} in 10 s", "0"),
    Fault("KeyError", "'column_{n}'", "1"),
    Fault("TimeLimitExceeded", "the run took longer than it may", "1", Outcome.TIMED_OUT),
    Fault("WorkerLost", "worker exited with signal 9", "", Outcome.CRASHED),
    Fault("RunLost", "nothing more was heard of this run", "", Outcome.LOST),
)
_DATABASE = Fault("OperationalError", "connection to server at db-1 refused", "", Outcome.CRASHED)
_SILENCE = Fault("RunLost", "nothing more was heard of this run", "", Outcome.LOST)
_EVERY: tuple[Duration, ...] = (0, 0, 15 * MINUTE, HOUR, DAY)  # traffic, and what a scheduler starts
ATTRIBUTES = {
    "host": tuple(f"worker-{n}" for n in range(1, 9)),
    "region": ("eu-central", "eu-north", "us-east"),
    "trigger": ("schedule", "api", "manual"),
}
Chance = np.random.Generator


def world(seed: int = 1, since: Instant = START, days: int = 90, runs: int = 1_000_000, workflows: int = 20) -> World:
    """``runs`` from ``since`` (µs) on. Raises ValueError where the schedules alone make more of them than ``runs``."""
    chance = np.random.default_rng(seed)
    until = since + days * DAY
    made = tuple(_workflow(chance, number, workflows, days, runs) for number in range(workflows))
    scheduled = sum(days * DAY // each.every for each in made if each.every)
    if scheduled > runs:
        raise ValueError(f"the schedules alone make {scheduled} runs; ask for more runs, or fewer workflows or days")
    releases = tuple(release for each in made if each.versioned for release in _releases(chance, each, since, until))
    return World(
        seed, since, until, runs, made, releases, _regressions(chance, made, releases), _drifts(made, since, until),
        _outages(chance, made, since, days), Guilty("host", "worker-7", 5.0), ATTRIBUTES,
    )  # fmt: skip


def _workflow(chance: Chance, number: int, of: int, days: int, runs: int) -> Workflow:
    name = _NAMES[number % len(_NAMES)] + (f"-{number // len(_NAMES)}" if number >= len(_NAMES) else "")
    steps = _STEPS[number % len(_STEPS)]
    every = _EVERY[number % len(_EVERY)]
    while every and every < DAY and days * DAY // every > runs // (2 * of):
        every *= 4
    faults = tuple(_placed(fault, steps) for fault in _FAULTS)
    engine = ENGINES[number % len(ENGINES)]
    flaky = number % 3 == 0 and engine != "cicd"  # whose conventions do not count tries
    return Workflow(
        name, engine, "staging" if of > 3 and number == of - 1 else "production",
        min(every, DAY), steps, round(SECOND * 2 ** chance.uniform(0, 9)), float(chance.uniform(0.2, 0.6)),
        float(chance.choice((0.004, 0.01, 0.02, 0.04))), faults[number % 2 :],
        0.05 if flaky else 0.0, steps[-1][0] if flaky else "", number % 7 != 6,
    )  # fmt: skip


def _placed(fault: Fault, steps: tuple[tuple[str, float], ...]) -> Fault:
    """In the step that its number stands for."""
    return replace(fault, step=steps[int(fault.step)][0]) if fault.step else fault


def _releases(chance: Chance, workflow: Workflow, since: Instant, until: Instant) -> list[Release]:
    """Every week or two, by day; the first was out before the history begins."""
    found, at, minor = [Release(workflow.name, 0, "1.0.0")], since, 0
    while True:
        at += round(chance.uniform(4, 14)) * DAY
        minor += 1
        released = at + round(chance.uniform(8, 16)) * HOUR + round(chance.uniform(0, 59)) * MINUTE
        if released > until - DAY:
            return found
        found.append(Release(workflow.name, released, f"1.{minor}.0"))


def _regressions(
    chance: Chance, workflows: tuple[Workflow, ...], releases: tuple[Release, ...]
) -> tuple[Regression, ...]:
    """Of a quarter of the workflows one release in the middle broke something; of every other the next mended it."""
    found: list[Regression] = []
    for number, workflow in enumerate(workflows[::4]):
        own = [release for release in releases if release.workflow == workflow.name]
        if len(own) < 3:
            continue
        place = len(own) // 2
        fault = Fault("AssertionError", "total of order {n} is negative", workflow.steps[0][0])
        mended = own[place + 1].at if number % 2 and place + 1 < len(own) else 0
        factor = float(chance.uniform(4, 7))
        found.append(Regression(workflow.name, own[place].at, mended, own[place].version, factor, fault))
    return tuple(found)


def _drifts(workflows: tuple[Workflow, ...], since: Instant, until: Instant) -> tuple[Drift, ...]:
    return tuple(Drift(each.name, (since + until) // 2, 1.8) for each in workflows[1::6])


def _outages(chance: Chance, workflows: tuple[Workflow, ...], since: Instant, days: int) -> tuple[Outage, ...]:
    """One a month, and at least one; each second one leaves only silence."""
    found = []
    for number in range(max(1, days // 30)):
        begin = since + round((number + chance.uniform(0.3, 0.9)) * days * DAY / max(1, days // 30))
        hit = tuple(each.name for each in workflows if chance.random() < 0.6) or (workflows[0].name,)
        fault = _SILENCE if number % 2 else _DATABASE
        found.append(Outage(begin, begin + round(chance.uniform(1, 3) * HOUR), hit, fault, 0.85))
    return tuple(found)
