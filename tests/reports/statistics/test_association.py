"""Are leads real, and are causes found?"""

import numpy as np
import pytest
from scipy.stats import fisher_exact

from reports.statistics import Share
from reports.statistics.association import exact_p, leads, odds_ratio

RUNS, VALUES, REPORTS = 2000, 60, 200


def irrelevant(chance, runs=RUNS):
    return {f"colour={i}": chance.random(runs) < share for i, share in enumerate(chance.uniform(0.005, 0.5, VALUES))}


@pytest.mark.parametrize("workflows", [1, 8])
def test_irrelevant_values_are_seldom_leads(workflows):
    chance = np.random.default_rng(workflows)
    false = 0
    for _ in range(REPORTS):
        strata = chance.integers(0, workflows, RUNS)
        bad = chance.random(RUNS) < chance.beta(30, 970, workflows)[strata]
        false += bool(leads(bad, strata, irrelevant(chance)))
    assert false / REPORTS <= 0.03 + 2 * (0.03 * 0.97 / REPORTS) ** 0.5


def test_a_planted_cause_is_found_among_them():
    chance = np.random.default_rng(3)
    found = 0
    for _ in range(50):
        strata = chance.integers(0, 8, RUNS)
        host = chance.random(RUNS) < 0.1
        bad = chance.random(RUNS) < np.where(host, 0.12, 0.03)
        first = next(iter(leads(bad, strata, {**irrelevant(chance), "host=h7": host})), None)
        found += first is not None and first.value == "host=h7" and first.low > 1
    assert found >= 45


def test_a_lead_says_what_it_counted():
    bad, host = np.zeros(400, dtype=bool), np.zeros(400, dtype=bool)
    host[:100] = True
    bad[:30] = bad[100:110] = True
    (lead,) = leads(bad, np.zeros(400, dtype=int), {"host=h7": host})
    assert (lead.having, lead.lacking) == (Share(30, 100), Share(10, 300))
    assert lead.odds_ratio == pytest.approx(30 * 290 / (70 * 10))
    assert lead.low < lead.odds_ratio < lead.high
    assert lead.p == lead.q == pytest.approx(fisher_exact([[30, 70], [10, 290]], alternative="greater")[1])


def test_what_only_goes_with_a_bad_workflow_is_no_lead():
    chance = np.random.default_rng(4)
    strata = np.repeat([0, 1], 1000)
    queue = chance.random(2000) < np.where(strata, 0.9, 0.1)
    bad = chance.random(2000) < np.where(strata, 0.3, 0.02)
    assert leads(bad, np.zeros(2000, dtype=int), {"queue=slow": queue})
    assert leads(bad, strata, {"queue=slow": queue}) == []


def test_what_goes_with_good_runs_is_no_lead():
    bad = np.arange(400) < 100
    assert leads(bad, np.zeros(400, dtype=int), {"host=h1": ~bad}) == []


def test_values_of_nearly_the_same_runs_are_one_lead():
    bad, host = np.arange(400) < 60, np.arange(400) < 100
    near, far = host.copy(), host.copy()
    near[:3] = False
    far[:6] = False
    given = {"host=h7": host, "far": far, "zone=a": near}
    (first, second) = sorted(leads(bad, np.zeros(400, dtype=int), given), key=lambda lead: lead.value)
    assert (first.value, first.same) == ("far", ("zone=a",))
    assert (second.value, second.same) == ("host=h7", ())


@pytest.mark.parametrize(("support", "number"), [(9, 0), (10, 1)])
def test_ten_runs_must_have_the_value(support, number):
    has = np.arange(400) < support
    assert len(leads(has, np.zeros(400, dtype=int), {"host=h7": has})) == number


def test_a_value_of_only_bad_runs_has_finite_limits():
    has = np.arange(400) < 30
    (lead,) = leads(has, np.zeros(400, dtype=int), {"host=h7": has})
    assert 1 < lead.low < lead.odds_ratio < lead.high < float("inf")


def test_the_exact_test_of_one_stratum_is_fishers():
    for table in ([[40, 3], [20, 9]], [[3, 9], [8, 1]], [[500, 20], [30, 6]]):
        expected = fisher_exact(np.array(table)[::-1, ::-1], alternative="greater")[1]
        assert exact_p(np.array([table])) == pytest.approx(expected, rel=1e-6)


def test_the_exact_test_of_strata_counts_all_ways_together():
    tables = np.array([[[8, 2], [3, 4]], [[5, 1], [2, 2]]])
    chance = np.random.default_rng(5)
    drawn = sum(chance.hypergeometric(t[:, 1].sum(), t[:, 0].sum(), t[1].sum(), 200_000) for t in tables)
    assert exact_p(tables) == pytest.approx(np.mean(drawn >= 6), abs=0.004)


def test_the_odds_ratio_is_that_of_mantel_and_haenszel():
    tables = np.array([[[40, 3], [20, 9]], [[70, 10], [10, 5]]])
    up = 9 * 40 / 72 + 5 * 70 / 95
    down = 20 * 3 / 72 + 10 * 10 / 95
    ratio, low, high = odds_ratio(tables)
    assert ratio == pytest.approx(up / down)
    assert 1 < low < ratio < high


def test_nothing_to_tell_and_nothing_given():
    none = np.zeros(0, dtype=int)
    assert leads(none.astype(bool), none, {}) == []
    assert leads(np.ones(50, dtype=bool), np.zeros(50, dtype=int), {"host=h7": np.arange(50) < 20}) == []


def test_a_vector_of_another_length_is_refused_by_name():
    with pytest.raises(ValueError, match="host=h7 has 3 places and bad 4"):
        leads(np.zeros(4, dtype=bool), np.zeros(4, dtype=int), {"host=h7": np.zeros(3, dtype=bool)})
