"""Is a spike what is far above the same hour of earlier weeks, or days, and nothing as long as these are not known?"""

from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.instants import DAY, HOUR, MINUTE
from rules.memory import Memory
from support.seeing import START, condition, feed, seen

WEEK = 7 * DAY
NOON = START + 12 * HOUR


def failures(at, count):
    return [seen("f", at + number, f"{at}-{number}") for number in range(count)]


def history(counts, apart):
    """The counts of so many weeks or days ago, the latest last, and a success long before them."""
    told = [seen("s", NOON - (len(counts) + 1) * apart, "first")]
    for ago, count in zip(range(len(counts), 0, -1), counts, strict=True):
        told += failures(NOON - ago * apart - 10 * MINUTE, count)
    return told


@given(st.lists(st.integers(0, 6), min_size=4, max_size=4), st.integers(1, 25), st.sampled_from([1, 2, 3.5]))
def test_it_holds_exactly_when_median_and_deviation_of_four_weeks_say_so(counts, now, ratio):
    spike = condition({"spike": {"ratio": ratio, "min_count": 3, "z": 2}})
    answer = feed(spike, [*history(counts, WEEK), *failures(NOON - 10 * MINUTE, now)])[-1]
    middle = median(counts)
    spread = median(abs(count - middle) for count in counts)
    assert answer.holds == (now >= max(3, ratio * middle, middle + 2 * 1.4826 * spread))


@given(st.lists(st.integers(0, 6), min_size=7, max_size=7), st.integers(1, 25))
def test_before_four_weeks_are_known_it_is_seven_days(counts, now):
    answer = feed(condition({"spike": {}}), [*history(counts, DAY), *failures(NOON - 10 * MINUTE, now)])[-1]
    middle = median(counts)
    spread = median(abs(count - middle) for count in counts)
    assert answer.holds == (now >= max(5, 3 * middle, middle + 3 * 1.4826 * spread))


def test_before_seven_days_are_known_nothing_is_a_spike():
    assert not any(answer.holds for answer in feed(condition({"spike": {}}), failures(START, 50)))


def test_it_says_what_is_usual_and_ends_when_the_failures_have_left():
    spike = condition({"spike": {}})
    answer = feed(spike, [*history([2, 4, 3, 3], WEEK), *failures(NOON - 10 * MINUTE, 12)])[-1]
    assert answer.evidence == (
        ("failed", "12"),
        ("usual", "3"),
        ("deviation", "0.5"),
        ("needed", "9"),
        ("baseline", "this hour, last 4 weeks"),
    )
    assert answer.until == NOON - 10 * MINUTE + HOUR + MINUTE - 1
    assert spike.look(answer.memory, answer.until - 1).holds
    assert not spike.look(answer.memory, answer.until).holds


@given(st.permutations(range(60)))
def test_the_order_of_arrival_does_not_matter(order):
    told = [*history([2, 4, 3, 3], WEEK), *failures(NOON - 30 * MINUTE, 47)]
    assert len(told) == 60
    spike = condition({"spike": {}})
    shuffled = feed(spike, [told[place] for place in order])[-1]
    assert shuffled == feed(spike, told)[-1]


@pytest.mark.parametrize(("within", "most"), [("1h", 680), ("5m", 8_100)])
def test_what_is_remembered_is_bounded(within, most):
    spike, memory = condition({"spike": {"within": within}}), Memory()
    for number in range(10_000):
        memory = spike.observe(memory, seen("f", START + number * 7 * MINUTE, str(number)), START).memory
    assert len(memory.parts[0].sums) <= most
    assert len(memory.sums) <= 63


def test_a_success_of_a_known_key_changes_little():
    spike = condition({"spike": {}})
    first = feed(spike, [seen("s", START, "a")])[-1].memory
    assert first == Memory(numbers=(START, START))
    assert feed(spike, [seen("s", START, "b")], first)[-1].memory is first
