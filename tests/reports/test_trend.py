"""Are a report's numbers those of the runs it was made from, and does it read everywhere?"""

import csv
import io
import itertools
import json
import random
import re
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest

from reports.export import render_csv, render_json
from reports.frames import Objective, frames_of
from reports.model import Report
from reports.period import DAY, Filters, Period
from reports.render_html import render_html
from reports.sketch import duration_bin
from reports.trend import report_id, trend
from support.reported import MONTH, sample_frames

NOW = int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()) * 1_000_000
WEEK = Period(NOW - 7 * DAY, NOW, "UTC", NOW)
QUARTER, MINUTE = 900_000_000, 60_000_000


def history(seed=1, runs=3000, days=14):
    """Runs as (ended_at, workflow, outcome, took, group)."""
    chance = random.Random(seed)
    made = []
    for _ in range(runs):
        ended = NOW - round(chance.uniform(0, days * DAY))
        workflow = chance.choice(["pay", "import", "mail <script>alert(1)</script>"])
        outcome = chance.choices(
            ["succeeded", "failed", "timed_out", "lost", "cancelled", "missed"], [85, 8, 2, 1, 3, 1]
        )[0]
        group = f"g-{workflow}" if outcome in {"failed", "timed_out", "lost"} else ""
        made.append((ended, workflow, outcome, round(chance.lognormvariate(15, 1)), group))
    return made


def frames(made):
    cells, durations, groups = {}, {}, {}
    for ended, workflow, outcome, took, group in made:
        cell = (ended - ended % QUARTER, "otel", workflow, "", "", "high" if group else "")
        add(cells, (*cell, outcome))
        if outcome in {"succeeded", "failed", "timed_out", "lost"}:
            add(durations, (*cell, outcome == "succeeded", duration_bin(took)))
        if group:
            add(groups, (*cell, group))
    info = [
        (g, g[2:], "step", "Boom", "</script><b>x</b>", 9, NOW - DAY, NOW, "ongoing", 0, "")
        for g in {row[4] for row in made} - {""}
    ]
    return frames_of(
        [(*key, n, 0, 0, 0, 0, 0) for key, n in cells.items()],
        [(*key, n) for key, n in durations.items()],
        [(*key, n, 0) for key, n in groups.items()],
        info,
        open_runs=2,
    )


def add(counter, key):
    counter[key] = counter.get(key, 0) + 1


def section(report, key):
    return next(each for each in report.sections if each.key == key)


@pytest.mark.parametrize("seed", range(5))
def test_totals_equal_a_recount_of_the_runs(seed):
    made = history(seed)
    report = trend(frames(made), WEEK, Filters())
    inside = [row for row in made if row[0] - row[0] % QUARTER >= WEEK.first]
    eligible = [row for row in inside if row[2] in {"succeeded", "failed", "timed_out", "lost"}]
    bad = [row for row in eligible if row[2] != "succeeded"]
    headline = section(report, "headline").data
    assert (headline["runs"], headline["bad"]) == (len(eligible), len(bad))
    series = section(report, "over_time").data["series"]
    assert (sum(each["runs"] for each in series), sum(each["bad"] for each in series)) == (len(eligible), len(bad))
    assert sum(group["runs"] for group in section(report, "groups").data["groups"]) == len(bad)
    timed = sum(row["n"] for row in section(report, "durations").data["workflows"])
    assert timed == len(eligible)
    for workflow in {row[1] for row in eligible}:
        [told] = [each for each in headline["workflows"] if each["workflow"] == workflow]
        assert told["bad"] == sum(row[1] == workflow for row in bad)


def test_the_same_question_has_the_same_id_and_another_one_another():
    made = history()
    again = trend(frames(made), WEEK, Filters())
    assert trend(frames(made), WEEK, Filters()).id == again.id
    assert trend(frames(made), WEEK, Filters(workflows=("pay",))).id != again.id
    assert trend(frames(made[1:]), WEEK, Filters()).id != again.id


@pytest.mark.parametrize(
    "beside",
    [{"changes": [(NOW - DAY, "deploy", "shop v2", "v2", "", ("pay",), "")]},
     {"group_events": [(NOW - DAY, "g-pay", "resolved", "")]},
     {"alerts": [("a", "pay", "", NOW - DAY, NOW - DAY, NOW - DAY, 0, 0)]},
     {"failing": [(NOW - DAY, "r", "pay", "", "", "high", "failed")]},
     {"objectives": [Objective("pay", 0.99)]}],
    ids=lambda beside: next(iter(beside)),
)  # fmt: skip
def test_what_stands_beside_the_counts_gives_another_id(beside):
    plain = report_id(frames_of(), WEEK, Filters())
    assert report_id(frames_of(**beside), WEEK, Filters()) != plain


def test_an_id_is_of_the_minute():
    def named(until, now=NOW + DAY):
        return report_id(frames_of(), Period(until - 7 * DAY, until, "UTC", now), Filters())

    assert named(NOW + MINUTE - 1) == named(NOW)
    assert named(NOW + MINUTE) != named(NOW)
    assert named(NOW, NOW + 2 * DAY) == named(NOW)
    assert named(NOW + DAY, NOW + MINUTE) != named(NOW + DAY, NOW)


def test_counts_alone_answer_most_of_it_as_the_whole_does():
    whole = trend(sample_frames(), MONTH, Filters())
    none = {
        name: getattr(frames_of(), name) for name in ("ends", "sample", "paths", "open_runs", "kept_since", "notes")
    }
    quick = trend(replace(sample_frames(), **none, complete=False), MONTH, Filters())
    assert (quick.id, quick.pending, whole.pending) == (whole.id, True, False)
    assert [each.key for each in quick.sections] == [each.key for each in whole.sections]
    assert [each.heading for each in quick.sections] == [each.heading for each in whole.sections]
    for part, full in zip(quick.sections, whole.sections, strict=True):
        if not part.pending:
            assert msgspec.json.encode(part) == msgspec.json.encode(full)
    assert {each.key for each in quick.sections if each.pending} == {"incidents", "durations", "changes", "quality"}
    assert quick.section("durations").data["workflows"] == whole.section("durations").data["workflows"]


def test_filters_cut_every_section():
    report = trend(frames(history()), WEEK, Filters(workflows=("p*",)))
    assert {row["workflow"] for row in section(report, "headline").data["workflows"]} == {"pay"}
    assert {row["workflow"] for row in section(report, "durations").data["workflows"]} == {"pay"}


def test_an_empty_history_is_said_plainly():
    report = trend(frames([]), WEEK, Filters())
    assert section(report, "headline").finding == "No run ended in this period."
    assert "<h1>" in render_html(report)
    assert json.loads(render_json(report))["sections"]


def test_few_runs_get_no_percentage_and_no_verdict():
    made = [
        (NOW - DAY, "pay", outcome, 1000, "g" if outcome == "failed" else "")
        for outcome in ["failed"] * 3 + ["succeeded"] * 5
    ]
    finding = section(trend(frames(made), WEEK, Filters()), "headline").finding
    assert "3 of 8" in finding
    assert "%" not in finding
    assert "too few runs" in finding


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25), ((2026, 7, 1), 24)])
def test_a_day_of_a_change_of_clocks_has_its_own_length(day, hours):
    start = int(datetime(*day, 12, tzinfo=UTC).timestamp()) * 1_000_000
    edges = Period(start - 10 * DAY, start + 10 * DAY, "Europe/Vienna", start).edges
    period = Period(start - 10 * DAY, start + 10 * DAY, "Europe/Vienna", start)
    lengths = {period.local(edge).date(): (later - edge) // 3_600_000_000 for edge, later in itertools.pairwise(edges)}
    assert lengths[datetime(*day).date()] == hours


@pytest.mark.parametrize(("length", "back"), [(DAY, 7), (7 * DAY, 7), (10 * DAY, 14), (30 * DAY, 35)])
def test_the_period_before_is_as_long_and_whole_weeks_earlier(length, back):
    period = Period(NOW - length, NOW, "UTC", NOW)
    before = period.previous()
    assert before.until - before.since == length
    assert period.since - before.since == back * DAY


@pytest.mark.parametrize("bad", [{"timezone": "Nowhere/At"}, {"since": NOW}])
def test_a_period_that_cannot_be_is_refused(bad):
    with pytest.raises(ValueError, match=r"time zone|ends before"):
        Period(**{"since": NOW - DAY, "until": NOW, "timezone": "UTC", "now": NOW, **bad})


def test_csv_and_json_hold_the_tables_and_no_formula():
    made = [(NOW - DAY, "=cmd()", "failed", 1000, "g")] * 30
    report = trend(frames(made), WEEK, Filters())
    rows = list(csv.reader(io.StringIO(render_csv(report))))
    assert rows[0][:3] == ["section", "Workflow", "Runs"]
    assert rows[1][:4] == ["headline", "'=cmd()", "30", "30"]
    assert "NaN" not in render_json(report)


def test_html_is_one_file_under_its_size_with_text_escaped():
    page = render_html(trend(frames(history()), WEEK, Filters()), {"home": "/"})
    assert len(page) < 2_500_000
    assert "<script>alert(1)" not in page
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", page)
    assert 'href="/groups/g-' in page


@pytest.mark.parametrize("runs", [0, 1, 8, 40, 3000])
def test_a_report_is_plain_data_however_little_there_is(runs):
    """As it is kept: what numpy made would not be written down."""
    report = trend(frames(history(runs=runs)), WEEK, Filters())
    again = msgspec.json.decode(msgspec.json.encode(report), type=Report)
    assert render_json(again) == render_json(report)
    assert render_html(again) == render_html(report)
