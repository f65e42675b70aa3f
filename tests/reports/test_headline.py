"""Does the headline say how the period went, what it cost, and what is still open?"""

from urllib.parse import parse_qs

import pytest

from reports.judging import judge, worst
from reports.period import DAY, Filters
from reports.sections import headline
from reports.statistics import Verdict
from support.trends import HOUR, NOW, WEEK, Run, context_of, instant, many

BEFORE = NOW - 8 * DAY
SINCE = NOW - 3 * DAY


def tiles(section):
    return {tile.label: (tile.value, tile.note) for tile in section.tiles}


def test_tiles_tell_numbers_shares_and_what_was_wasted():
    runs = [
        *many(90, 0, SINCE, took=60_000_000),
        *many(10, 10, SINCE, took=120_000_000, waste=120_000_000),
        *many(2, 0, SINCE, healed=True),
        Run(SINCE, outcome="cancelled", took=HOUR),
        Run(SINCE, outcome="missed"),
    ]
    told = tiles(headline.build(context_of(runs)))
    assert told["Runs"] == ("102", "before 0")
    assert told["Bad runs"] == ("10", "before 0")
    assert told["Share of bad runs"] == ("9.8 %", "95 %: 5.4 % to 17.1 %")
    assert told["Self-healed"][0] == "2"
    assert told["Time wasted"] == ("20.0 min", "18.2 % of 110.0 min spent")
    assert (told["Missed"][0], told["Cancelled or skipped"][0]) == ("1", "1")
    assert told["Change"] == ("–", "too few runs")


def test_a_rise_is_called_worse_with_its_interval_and_named():
    runs = [*many(400, 8, BEFORE), *many(400, 60, SINCE), *many(300, 6, BEFORE, "mail"), *many(300, 6, SINCE, "mail")]
    section = headline.build(context_of(runs))
    assert section.data["verdict"] == "worse"
    assert tiles(section)["Change"][0] == "+7.4 points"
    assert "worse, +" in section.finding
    assert "Worse: pay." in section.finding
    assert tiles(section)["Worst workflow"][0] == "pay"
    assert {each["workflow"]: each["verdict"] for each in section.data["workflows"]} == {
        "pay": "worse",
        "mail": "no evidence of a change",
    }


def test_the_same_fall_is_called_better():
    section = headline.build(context_of([*many(400, 60, BEFORE), *many(400, 8, SINCE)]))
    assert section.data["verdict"] == "better"
    assert section.data["change"][1] < 0
    assert "Better: pay." in section.finding


def test_nothing_is_called_worse_for_few_bad_runs():
    section = headline.build(context_of([*many(50, 0, BEFORE), *many(50, 4, SINCE)]))
    assert section.data["verdict"] == "too few runs"
    assert "too few bad runs to say more" in section.finding
    assert "smallest rise" in section.finding


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        ([], "No run ended in this period."),
        ([Run(SINCE)], "0 of 1 run ended badly. There are too few runs to compare with the period before."),
        (many(3, 3, SINCE), "3 of 3 runs ended badly. There are too few runs to compare with the period before."),
        (many(30, 30, SINCE), "30 of 30 runs ended badly: 100.0 % (88.6 % to 100.0 %). "
                              "No run ended in the period before: there is nothing to compare with."),
    ],
)  # fmt: skip
def test_every_history_has_its_sentence(runs, said):
    assert headline.build(context_of(runs)).finding == said


def test_no_rise_is_looked_for_where_everything_failed():
    finding = headline.build(context_of([*many(30, 30, BEFORE), *many(30, 30, SINCE)])).finding
    assert "no evidence of a change" in finding
    assert "smallest rise" not in finding


def test_an_open_incident_is_one_that_the_filters_ask_for():
    failing = [
        (SINCE + HOUR, "3", "mail", "", "v1", "low", "lost"),
        (SINCE, "4", "import", "prod", "v1", "high", "failed"),
        (SINCE, "5", "import", "test", "v2", "high", "failed"),
    ]
    assert headline.build(context_of([], failing=failing)).data["open_incidents"] == ["import", "mail"]
    for filters, names in (
        (Filters(workflows=("m*",)), ["mail"]),
        (Filters(environment="prod"), ["import"]),
        (Filters(version="v1"), ["import", "mail"]),
        (Filters(severity="low"), ["mail"]),
    ):
        assert headline.build(context_of([], filters=filters, failing=failing)).data["open_incidents"] == names


def test_the_worst_workflow_is_bad_for_sure_and_not_by_one_unlucky_run():
    context = context_of(
        [
            *many(1000, 60, SINCE, "busy"),
            *many(100, 30, SINCE, "ill"),
            *many(2, 2, SINCE, "rare"),
            *many(20, 4, SINCE, "few"),
        ]
    )
    assert worst(context.judged).workflow == "ill"
    assert worst(context_of(many(3, 2, SINCE, "rare")).judged).workflow == "rare"
    assert worst(context_of(many(3, 0, SINCE)).judged) is None


def test_false_discoveries_are_held_over_all_workflows():
    """One in forty by chance is no news among forty workflows."""
    alone = [*many(200, 8, BEFORE, "w0"), *many(200, 20, SINCE, "w0")]
    others = [run for n in range(1, 40) for at in (BEFORE, SINCE) for run in many(200, 8, at, f"w{n}")]
    one, amid = context_of(alone), context_of([*alone, *others])
    assert judge(one.now, one.before)[0].verdict is Verdict.WORSE
    assert judge(amid.now, amid.before)[0].verdict is Verdict.NO_EVIDENCE


def test_bars_have_intervals_and_only_workflows_with_enough_runs():
    context = context_of([*many(100, 10, SINCE), *many(100, 5, BEFORE), *many(5, 5, SINCE, "rare")])
    [chart] = headline.build(context).charts
    now, before = chart.series
    assert now.y == ["all workflows", "pay"]
    assert now.x == pytest.approx([100 * 15 / 105, 10])
    assert before.x == pytest.approx([5, 5])
    assert all(low < value < high for low, value, high in zip(now.low, now.x, now.high, strict=True))


def test_rows_lead_to_the_bad_runs_of_the_period():
    section = headline.build(context_of(many(30, 3, SINCE, "nightly & co"), filters=Filters(severity="high")))
    path, query = section.tables[0].links[0].split("?")
    assert path == "runs"
    assert {name: values[0] for name, values in parse_qs(query).items()} == {
        "workflow": "nightly & co",
        "outcome": "bad",
        "severity": "high",
        "since": "2026-11-16T12:00:00+00:00",
        "until": "2026-11-23T12:00:00+00:00",
    }
    assert WEEK.first == instant(2026, 11, 16, 12)
