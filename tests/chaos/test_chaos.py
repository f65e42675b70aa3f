"""Whatever happens to processes, disk, database, clock and receivers: nothing acknowledged is lost, and every cause is
told, in order and once.

What happens is drawn from a seed. TOCSIN_CHAOS_SEED plays a run again: a failed one logs its own.
"""

import logging
import os
import random
import time
from collections.abc import Iterator, Sequence

import pytest

from chaos.checker import violations
from chaos.disturbing import BRIEF, MOODS, plan
from chaos.embedded import Embedded
from chaos.scenario import CHANNELS, configuration, play
from chaos.shared import Shared
from support.service import wait_until
from support.sinks import HttpSink

STORES = {"sqlite": Embedded, "postgresql": Shared}
GROUPED = ("workflow", "error_group", "")
log = logging.getLogger(__name__)


@pytest.fixture
def sinks() -> Iterator[Sequence[HttpSink]]:
    made = [HttpSink().__enter__() for _ in CHANNELS]
    yield made
    for sink in made:
        sink.__exit__()


def seed_of(usual: int) -> int:
    return int(os.environ.get("TOCSIN_CHAOS_SEED") or usual)


def run(folder, sinks, store, seed, seconds, moods, patience):
    there = STORES[store](folder, configuration(sinks, random.Random(seed).choice(GROUPED)))
    try:
        acts = plan(seed, list(there.acts), len(sinks), seconds, moods)
        log.warning("TOCSIN_CHAOS_SEED=%d plays again: %s", seed, "\n".join(map(str, acts)))
        found = play(seed, acts, there, sinks, patience)
        # One that was refused just now says so for a while, also when nobody comes any more.
        wait_until(lambda: there.get("/health")["status"] != "unavailable", "well", 60, lambda: there.log)
        warnings = there.get("/health")["warnings"]
    finally:
        there.close()
    assert violations(found) == []
    assert [each for each in warnings if "clock was set back" not in each] == []
    assert len(found.acknowledged) > 20


@pytest.mark.parametrize("store", STORES)
def test_a_few_things_happen(tmp_path, sinks, store):
    run(tmp_path, sinks, store, seed_of(20261128), 4, BRIEF, patience=60)


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("times", range(2))
@pytest.mark.parametrize("store", STORES)
def test_everything_happens_for_minutes(tmp_path, sinks, store, times):
    run(tmp_path, sinks, store, seed_of(time.time_ns() // 1_000), 100, list(MOODS), patience=180)
