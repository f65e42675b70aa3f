"""Does the split of the change add up, and does it name what moved it?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.judging import Judged
from reports.period import DAY, Filters, Period
from reports.sections import mix
from reports.statistics import Share, Verdict
from support.trends import NOW, context_of, many

BEFORE, SINCE = NOW - 8 * DAY, NOW - 3 * DAY


def shares():
    return st.integers(0, 300).flatmap(lambda runs: st.integers(0, runs).map(lambda bad: Share(bad, runs)))


@given(st.lists(st.tuples(shares(), shares()), min_size=1, max_size=30))
def test_what_is_shown_adds_up_to_the_change(pairs):
    moved = mix.moved_by([Judged(f"w{n}", *pair, Verdict.NO_EVIDENCE) for n, pair in enumerate(pairs)])
    whole = moved.total
    assert whole.volume + whole.mix + whole.rate == pytest.approx(moved.now - moved.before, abs=1e-6)
    for name in ("volume", "mix", "rate"):
        assert sum(getattr(each, name) for each in moved.parts) == pytest.approx(getattr(whole, name), abs=1e-6)
    for judged, part in zip(moved.judged, moved.parts, strict=True):
        change = judged.now.bad - judged.before.bad
        assert part.volume + part.mix + part.rate == pytest.approx(change, abs=1e-6)


def parts(runs, **more):
    section = mix.build(context_of(runs, **more))
    return section, {name: section.data[name] for name in ("volume", "mix", "rate")}


def test_more_runs_alone_are_volume():
    section, told = parts([*many(100, 10, BEFORE), *many(200, 20, SINCE)])
    assert told == pytest.approx({"volume": 10, "mix": 0, "rate": 0})
    assert section.finding == (
        "The number of bad runs went from 10 to 20: volume +10.0, mix +0.0, rate +0.0. "
        "Most of it is volume: more runs ended in all."
    )


def test_failing_more_often_alone_is_rate():
    section, told = parts([*many(200, 10, BEFORE), *many(200, 40, SINCE), *many(50, 1, BEFORE, "mail"),
                           *many(50, 1, SINCE, "mail")])  # fmt: skip
    assert told == pytest.approx({"volume": 0, "mix": 0, "rate": 30})
    assert "a larger share of runs ended badly, most of all in pay (+30.0)." in section.finding
    assert not any("may be chance" in note for note in section.notes)


def test_other_workflows_alone_are_mix():
    section, told = parts([*many(100, 2, BEFORE, "good"), *many(100, 20, BEFORE, "ill"),
                           *many(50, 1, SINCE, "good"), *many(150, 30, SINCE, "ill")])  # fmt: skip
    assert told == pytest.approx({"volume": 0, "mix": 9, "rate": 0})
    assert (
        "Most of it is mix: workflows that fail more had a larger part of the runs, most of all ill (+10.0)."
        in section.finding
    )
    assert "may be chance" in section.notes[0]


def test_a_new_workflow_changes_the_mix_and_no_rate():
    _, told = parts([*many(100, 10, BEFORE), *many(100, 10, SINCE), *many(30, 15, SINCE, "fresh")])
    assert told == pytest.approx({"volume": 3, "mix": 12, "rate": 0})


def test_the_bars_stand_where_the_one_before_ended():
    runs = [*many(300, 12, BEFORE), *many(390, 41, SINCE), *many(70, 30, BEFORE, "mail"), *many(30, 11, SINCE, "mail")]
    section, _ = parts(runs)
    [chart] = section.charts
    assert all(each.x == list(mix.STEPS) for each in chart.series)
    bars = [next((each.base[place], each.y[place]) for each in chart.series if each.y[place] is not None)
            for place in range(5)]  # fmt: skip
    assert (bars[0], bars[4]) == ((0, 42), (0, 52))
    level = 42
    for base, value in bars[1:4]:
        assert base == pytest.approx(level)
        level += value
    assert level == pytest.approx(52)
    assert [float(row[1]) for row in section.tables[0].rows[1:4]] == [value for _, value in bars[1:4]]


def test_the_rows_of_workflows_add_up_with_the_others_in_one():
    runs = [
        run for n in range(25) for run in (*many(40, n % 7, BEFORE, f"w{n:02}"), *many(30, n % 5, SINCE, f"w{n:02}"))
    ]
    section, told = parts(runs)
    table = section.tables[1]
    assert len(table.rows) == len(table.links) == 11
    assert table.rows[-1][0] == "15 others"
    assert [sum(row[column] for row in table.rows) for column in range(1, 5)] == [1000, 750, 69, 50]
    for column, name in ((5, "rate"), (6, "mix"), (7, "volume")):
        assert sum(float(row[column]) for row in table.rows) == pytest.approx(told[name], abs=0.6)


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        ([], "No run ended in this period."),
        (many(50, 20, BEFORE), "No run ended in this period."),
        (many(50, 20, SINCE), "No run ended in the period before: there is nothing to compare with."),
        ([*many(9, 1, BEFORE), *many(50, 4, SINCE)], "1 bad run before and 4 now are too few to ask why."),
        ([*many(9, 9, BEFORE), *many(9, 9, SINCE)],
         "The number of bad runs stayed at 9: volume +0.0, mix +0.0, rate +0.0. Nothing moved it."),
    ],
)  # fmt: skip
def test_every_history_has_its_sentence(runs, said):
    assert mix.build(context_of(runs)).finding == said


def test_a_period_that_is_not_over_says_so():
    period = Period(NOW - 6 * DAY, NOW + DAY, "UTC", NOW)
    section = mix.build(context_of([*many(50, 20, BEFORE), *many(50, 20, SINCE)], period, Filters()))
    assert "not over" in section.notes[-1]


def test_a_period_before_that_is_known_in_part_is_told_of():
    late, whole = ([*many(60, 6, since), *many(60, 6, SINCE)] for since in (BEFORE, NOW - 14 * DAY))
    told = [any("Of the period before only what came since" in note for note in mix.build(context_of(runs)).notes)
            for runs in (late, whole)]  # fmt: skip
    assert told == [True, False]
