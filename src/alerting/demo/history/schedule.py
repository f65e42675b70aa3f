"""When do runs start? By the hour of the week where people cause them, by the clock where a scheduler does."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from alerting.demo.history.world import Workflow, World
from rules.instants import DAY, HOUR, MINUTE, SECOND, Instant

Whole = NDArray[np.int64]
_MONDAY = 3 * 24  # the epoch was the Thursday of its week, three days after Monday
_JITTER = 20 * SECOND


def weight(hour: int) -> float:
    """How busy an hour is, counted from the epoch: afternoons most, nights and weekends least."""
    of_week = (hour + _MONDAY) % 168
    by_day = 0.15 + float(np.exp(-(((of_week % 24) - 14) ** 2) / 30))
    return by_day * (0.35 if of_week >= 120 else 1.0)


@lru_cache(maxsize=4)
def _traffic(seed: int, since: Instant, until: Instant, runs: int, workflows: int) -> Whole:
    """``runs`` dealt to workflows and hours: shape (workflows, hours). The first workflows are the busiest."""
    hours = np.array([weight(hour) for hour in range(since // HOUR, until // HOUR)])
    busy = 1.0 / np.arange(1, workflows + 1)
    shares = np.outer(busy / busy.sum(), hours / hours.sum()).ravel()
    dealt = np.random.default_rng([seed, 0]).multinomial(runs, shares / shares.sum())
    return dealt.reshape(workflows, len(hours)).astype(np.int64)


def starts(world: World, number: int, day: int) -> Whole:
    """The starts (µs, in order) on one day of the history of the workflow with this number."""
    chance = np.random.default_rng([world.seed, 1, number, day])
    workflow, midnight = world.workflows[number], world.since + day * DAY
    if workflow.every:
        due = due_at(workflow, number, midnight)
        return due + chance.integers(0, min(_JITTER, workflow.every // 4), len(due))
    followers = [n for n, each in enumerate(world.workflows) if not each.every]
    left = world.runs - sum((world.until - world.since) // each.every for each in world.workflows if each.every)
    dealt = _traffic(world.seed, world.since, world.until, left, len(followers))
    counts = dealt[followers.index(number), day * 24 : day * 24 + 24]
    hours = midnight + np.repeat(np.arange(24, dtype=np.int64) * HOUR, counts)
    return np.sort(hours + chance.integers(0, HOUR, len(hours)))


def due_at(workflow: Workflow, number: int, midnight: Instant) -> Whole:
    """When the schedule says so; a nightly run has a minute of its own after two."""
    first = 2 * HOUR + number % 60 * MINUTE if workflow.every == DAY else 0
    return midnight + first + np.arange(DAY // workflow.every, dtype=np.int64) * workflow.every
