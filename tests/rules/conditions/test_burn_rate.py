"""Does the budget burn too fast exactly when both windows of a pair say so, now and if nothing more happens?"""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from rules.instants import DAY, HOUR, MINUTE, SECOND, parse_duration
from rules.memory import Kind, Memory
from support.seeing import START, condition, ends, feed, seen


class Slow:
    """Every run kept for ever, counted anew for each window."""

    def __init__(self, slo, pairs, least):
        self.slo, self.least, self.runs = Fraction(str(slo)), least, []
        self.pairs = [
            (parse_duration(each["long"]), parse_duration(each["short"]), Fraction(str(each["factor"])))
            for each in pairs
        ]

    def inside(self, within, t):
        width = max(within // 60, SECOND)
        return [failed for at, failed in self.runs if (at // width + 1) * width - 1 > t - within]

    def burns(self, within, factor, least, t):
        inside = self.inside(within, t)
        return len(inside) >= least and Fraction(sum(inside), len(inside)) >= factor * (1 - self.slo)

    def true(self, t):
        return any(
            self.burns(long, factor, self.least, t) and self.burns(short, factor, 1, t)
            for long, short, factor in self.pairs
        )

    def turns(self, t, now_true):
        lengths = {each for long, short, _ in self.pairs for each in (long, short)}
        widths = [(within, max(within // 60, SECOND)) for within in lengths]
        ends = {(at // width + 1) * width - 1 + within for within, width in widths for at, _ in self.runs}
        return next((end for end in sorted(ends) if end > t and self.true(end) != now_true), None)


PAIRS = st.lists(
    st.sampled_from([
        {"long": "10m", "short": "1m", "factor": 5},
        {"long": "1h", "short": "10m", "factor": 2},
        {"long": "2h", "short": "1h", "factor": 1},
        {"long": "1h", "short": "1m", "factor": 3},
    ]),
    min_size=1,
    max_size=3,
)  # fmt: skip


@given(st.sampled_from([0.9, 0.8]), PAIRS, st.integers(1, 5), ends(most=40))
def test_it_holds_exactly_when_a_list_of_all_runs_says_so(slo, pairs, least, runs):
    burn = condition({"burn_rate": {"slo": slo, "pairs": pairs, "min_events": least}})
    slow, memory, newest = Slow(slo, pairs, least), Memory(), 0
    for run in runs:
        slow.runs.append((run.at, run.kind is Kind.FAILED))
        newest = max(newest, run.at)
        [answer] = feed(burn, [run], memory)
        memory = answer.memory
        assert answer.holds == slow.true(newest)
        assert (answer.until if answer.holds else answer.wake) == slow.turns(newest, answer.holds)
        assert all(len(ring.sums) <= 63 for ring in memory.parts)
    later = newest + 7 * MINUTE
    assert burn.look(memory, later).holds == slow.true(later)


def test_the_usual_pairs_are_the_ones_of_the_handbook():
    burn = condition({"burn_rate": {"slo": 0.99}})
    assert [(limit.pair.long, limit.pair.short, limit.share) for limit in burn.limits] == [
        (HOUR, 5 * MINUTE, 0.144),
        (6 * HOUR, 30 * MINUTE, 0.06),
        (3 * DAY, 6 * HOUR, 0.01),
    ]
    assert len(burn.windows) == 5


def test_it_says_how_fast_the_budget_burns():
    burn = condition({"burn_rate": {"slo": 0.99}})
    runs = [seen("f" if number % 5 == 0 else "s", START + number * SECOND, str(number)) for number in range(100)]
    answer = feed(burn, runs)[-1]
    said = dict(answer.evidence)
    assert answer.holds
    assert (said["failed"], said["finished"], said["burn rate"], said["needed"]) == ("20", "100", "20", "14.4")
    assert (said["failed in 1h"], said["failed in 5m"]) == ("20 %", "20 %")
    assert burn.ends_with_it


def test_a_few_runs_burn_nothing():
    answers = feed(condition({"burn_rate": {"slo": 0.99}}), [seen("f", START + n, str(n)) for n in range(19)])
    assert not answers[-1].holds
