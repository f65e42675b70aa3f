"""Is ``rate`` what a list of all runs would say, to the bucket, in whatever order runs arrive?"""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.conditions.sums import sliding
from rules.conditions.wilson import lower_bound, quantile
from rules.instants import HOUR, MINUTE, SECOND
from rules.memory import Kind, Memory
from support.seeing import START, condition, ends, feed, seen


class Slow:
    """Every run kept for ever, each in its bucket of W/60."""

    def __init__(self, within, rate, least, failures):
        self.within, self.rate, self.least, self.failures = within, rate, least, failures
        self.width, self.runs = max(within // 60, SECOND), []

    def inside(self, t):
        """A run counts until the last moment of its bucket is W old."""
        return [failed for at, failed in self.runs if (at // self.width + 1) * self.width - 1 > t - self.within]

    def exact(self, t):
        return [failed for at, failed in self.runs if t - self.within < at <= t]

    def true(self, t):
        inside = self.inside(t)
        enough = len(inside) >= self.least and sum(inside) >= self.failures
        return enough and Fraction(sum(inside), len(inside)) >= Fraction(str(self.rate))

    def changes(self, t):
        ends = {(at // self.width + 1) * self.width - 1 + self.within for at, _ in self.runs}
        return sorted(end for end in ends if end > t)


SETTINGS = st.tuples(
    st.sampled_from([30 * SECOND, 10 * MINUTE, 61 * MINUTE + 7]),
    st.sampled_from([0.1, 0.2, 0.5, 1.0]),
    st.integers(1, 6),
    st.integers(1, 3),
)


def written(within, rate, least, failures, **more):
    return {"rate": rate, "within": f"{within // 1000}ms", "min_runs": least, "min_failures": failures, **more}


@given(SETTINGS, ends())
def test_it_holds_exactly_when_a_list_of_all_runs_says_so(settings, runs):
    within, *rest = settings
    within = within // 1000 * 1000
    rate, slow = condition(written(within, *rest)), Slow(within, *rest)
    memory, newest = Memory(), 0
    for run in runs:
        slow.runs.append((run.at, run.kind is Kind.FAILED))
        newest = max(newest, run.at)
        [answer] = feed(rate, [run], memory)
        memory = answer.memory
        assert answer.holds == slow.true(newest)
        assert len(memory.sums) <= 63
        turns = next((t for t in slow.changes(newest) if slow.true(t) != answer.holds), None)
        assert (answer.until if answer.holds else answer.wake) == turns


@given(SETTINGS, ends(), st.integers(0, 3 * HOUR))
def test_looking_later_is_what_the_list_says_later(settings, runs, later):
    within, *rest = settings
    within = within // 1000 * 1000
    rate, slow = condition(written(within, *rest)), Slow(within, *rest)
    slow.runs = [(run.at, run.kind is Kind.FAILED) for run in runs]
    if runs:
        now = max(run.at for run in runs) + later
        assert rate.look(feed(rate, runs)[-1].memory, now).holds == slow.true(now)


@given(ends(), st.sampled_from([30 * SECOND, 10 * MINUTE]))
def test_the_sums_are_at_most_one_bucket_off(runs, within):
    window, sums = sliding(within), ()
    for run in runs:
        sums = window.add(sums, run.at, run.kind is Kind.FAILED)
    if runs:
        now = max(run.at for run in runs)
        totals = window.course(sums, now)[0]
        least = sum(run.at > now - within for run in runs)
        most = sum(run.at > now - within - window.width for run in runs)
        assert least <= totals[2] <= most
        assert len(window.times(sums, now)) == totals[1]


def test_runs_that_were_cancelled_are_not_shown():
    assert condition({"rate": 0.5, "within": "1h"}).wants == {Kind.FAILED, Kind.SUCCEEDED}


def test_it_says_how_many_of_how_many_failed():
    rate = condition({"rate": 0.2, "within": "1h"})
    runs = [seen("f" if number % 10 < 3 else "s", START + number * SECOND, str(number)) for number in range(40)]
    answer = feed(rate, runs)[-1]
    assert answer.evidence == (("failed", "12"), ("finished", "40"), ("rate", "30 %"), ("needed", "20 %"))
    assert len(answer.times) == 12
    assert rate.ends_with_it
    assert (rate.told_within, condition({"rate": 0.2, "within": "1m"}).told_within) == (HOUR, 15 * MINUTE)


def test_a_success_ends_it():
    rate = condition({"rate": 0.5, "within": "1h", "min_runs": 1, "min_failures": 1})
    answers = feed(rate, [seen("f", START, "a"), seen("s", START + 1, "b"), seen("s", START + 2, "c")])
    assert [answer.holds for answer in answers] == [True, True, False]


def test_with_confidence_a_few_runs_do_not_prove_a_rate():
    plain = {"rate": 0.2, "within": "1h", "min_runs": 1, "min_failures": 1}
    runs = [seen("f" if number < 3 else "s", START + number, str(number)) for number in range(10)]
    assert feed(condition(plain), runs)[-1].holds
    assert not feed(condition({**plain, "confidence": 0.95}), runs)[-1].holds
    many = [seen("f" if number % 10 < 3 else "s", START + number, str(number)) for number in range(400)]
    answer = feed(condition({**plain, "confidence": 0.95}), many)[-1]
    assert answer.holds
    assert dict(answer.evidence)["at least"] == "25.7 %"


@pytest.mark.parametrize(
    ("failed", "finished", "low"), [(1, 10, 0.017876), (5, 10, 0.236593), (10, 10, 0.722467), (0, 10, 0.0), (0, 0, 0.0)]
)
def test_the_lower_bound_is_the_one_in_the_books(failed, finished, low):
    assert lower_bound(failed, finished, quantile(0.95)) == pytest.approx(low, abs=1e-6)
