"""Is ``count: N within W`` exactly what it says, in whatever order failures arrive?"""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.condition_config import CountCondition
from rules.conditions import build
from rules.conditions.count import Count
from rules.instants import HOUR, MINUTE, SECOND
from rules.memory import Holding, Kind, Memory, Seen

WITHINS = st.sampled_from([1, 30 * SECOND, MINUTE, 10 * MINUTE, 40 * MINUTE])


@st.composite
def arrivals(draw):
    """N, W, and failures in the order of arrival, each no older than what would still be told."""
    needed, within = draw(st.integers(1, 5)), draw(WITHINS)
    latest = Count(needed, within).told_within
    now, arriving = HOUR * 1_000, []
    for step in draw(st.lists(st.sampled_from([0, 1, SECOND, within - 1, within, within + 1]), max_size=60)):
        now += step
        late = draw(st.sampled_from([0, 0, 0, 1, SECOND, within, latest]))
        arriving.append(now - min(late, latest))
    return needed, within, arriving


def window(failures, newcomer, needed, within):
    """By definition: the last t for which (t-W, t] holds the newcomer and at least N failures."""
    for t in sorted({at for at in failures if newcomer <= at < newcomer + within}, reverse=True):
        inside = sorted(at for at in failures if t - within < at <= t)
        if len(inside) >= needed:
            return inside
    return []


def tell(count, memory, at, occurrence):
    return count.observe(memory, Seen(Kind.FAILED, at, occurrence), at)


@given(arrivals())
def test_it_holds_exactly_when_some_window_with_the_newcomer_is_full(case):
    needed, within, arriving = case
    count, memory, so_far, held = Count(needed, within), Memory(), [], False
    for number, at in enumerate(arriving):
        so_far.append(at)
        answer = tell(count, memory, at, f"o{number:03}")
        memory, truth = answer.memory, window(so_far, at, needed, within)
        assert answer.holds == bool(answer.times) == bool(truth)
        assert held or list(answer.times) == truth
        held = held or answer.holds


@given(arrivals(), st.integers(0, 90))
def test_until_is_when_the_nth_newest_failure_is_as_old_as_the_window(case, later):
    needed, within, arriving = case
    count, memory, so_far = Count(needed, within), Memory(), []
    for number, at in enumerate(arriving):
        so_far = sorted([*so_far, at])
        answer = tell(count, memory, at, f"o{number:03}")
        memory, newest = answer.memory, so_far[-needed:]
        current = len(newest) == needed and newest[-1] - newest[0] < within
        if answer.holds and current:
            assert answer.until == newest[0] + within
        now = so_far[-1] + later * within // 60
        looked = count.look(memory, now)
        assert looked.holds == (len(newest) == needed and now - newest[0] < within)
        assert looked.memory is memory
        assert not looked.holds or looked.until == newest[0] + within


@pytest.mark.parametrize(
    ("at", "holds"),
    [([0, 30, 59], True), ([0, 30, 60], False), ([0, 0, 0], True), ([60, 1, 30], True), ([60, 0, 30], False)],
)
def test_the_window_is_half_open(at, holds):
    count, answer = Count(3, 60 * SECOND), Holding(Memory(), False)
    for number, second in enumerate(at):
        answer = tell(count, answer.memory, HOUR + second * SECOND, str(number))
    assert answer.holds is holds


def test_the_same_occurrence_twice_is_one_failure():
    count = Count(2, MINUTE)
    first = tell(count, Memory(), HOUR, "same")
    second = tell(count, first.memory, HOUR, "same")
    assert second == first
    assert not first.holds


def test_it_says_how_many_failed_and_until_when_they_count():
    count = build(CountCondition(count=2, within="10m"))
    answer = tell(count, tell(count, Memory(), HOUR, "a").memory, HOUR + MINUTE, "b")
    assert answer.evidence == (("failed", "2"), ("needed", "2"))
    assert answer.until == HOUR + 10 * MINUTE
    assert count.look(answer.memory, answer.until - 1).holds
    assert not count.look(answer.memory, answer.until).holds


@given(arrivals())
def test_what_is_remembered_survives_being_stored(case):
    needed, within, arriving = case
    memory = Memory()
    for number, at in enumerate(arriving):
        memory = tell(Count(needed, within), memory, at, f"o{number:03}").memory
    assert msgspec.json.decode(msgspec.json.encode(memory), type=Memory) == memory


@given(st.integers(1, 20), st.integers(0, 5 * SECOND))
def test_a_storm_does_not_make_every_failure_dearer(needed, gap):
    count, memory = Count(needed, MINUTE), Memory()
    for number in range(600):
        memory = tell(count, memory, HOUR + number * gap, f"{number:03}").memory
    windows = (count.told_within + 2 * MINUTE) // MINUTE + 1
    assert len(memory.recent) <= 2 * needed * windows
