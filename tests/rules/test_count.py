"""Is ``count: N within W`` exactly what it says, in whatever order failures arrive?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.conditions.count import Count
from rules.instants import HOUR, MINUTE, SECOND

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


@given(arrivals())
def test_it_holds_exactly_when_some_window_with_the_newcomer_is_full(case):
    needed, within, arriving = case
    count, recent, so_far, held = Count(needed, within), (), [], False
    for number, at in enumerate(arriving):
        so_far.append(at)
        recent, found = count.observe(recent, at, f"o{number:03}")
        truth = window(so_far, at, needed, within)
        assert bool(found) == bool(truth)
        assert held or list(found) == truth
        held = held or bool(found)


@pytest.mark.parametrize(
    ("at", "holds"),
    [([0, 30, 59], True), ([0, 30, 60], False), ([0, 0, 0], True), ([60, 1, 30], True), ([60, 0, 30], False)],
)
def test_the_window_is_half_open(at, holds):
    count, recent, found = Count(3, 60 * SECOND), (), ()
    for number, second in enumerate(at):
        recent, found = count.observe(recent, HOUR + second * SECOND, str(number))
    assert bool(found) is holds


def test_the_same_occurrence_twice_is_one_failure():
    count = Count(2, MINUTE)
    recent, first = count.observe((), HOUR, "same")
    again, second = count.observe(recent, HOUR, "same")
    assert (again, first, second) == (recent, (), ())


@given(st.integers(1, 20), st.integers(0, 5 * SECOND))
def test_a_storm_does_not_make_every_failure_dearer(needed, gap):
    count, recent = Count(needed, MINUTE), ()
    for number in range(600):
        recent, _ = count.observe(recent, HOUR + number * gap, f"{number:03}")
    windows = (count.told_within + 2 * MINUTE) // MINUTE + 1
    assert len(recent) <= 2 * needed * windows
