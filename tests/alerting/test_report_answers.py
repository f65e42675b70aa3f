"""Is a report made once, shown as far as it is there, and made anew when something has changed?"""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs

import msgspec
import pytest

from alerting.reporting.answering import at_once, report_of, whole
from alerting.reporting.asking import Wanted
from reports import trend as made
from rules.instants import DAY, HOUR, MINUTE, SECOND, format_instant


@pytest.fixture
def h(house):
    built = house()
    for n in range(30):
        built.event(run_id=f"r{n}", outcome="failed" if n % 3 else "succeeded")
    built.work()
    return built


@pytest.fixture
def times(monkeypatch):
    """How often sections were made, by whether all of them were."""
    counted, really = [], made.trend

    def counting(frames, *rest):
        counted.append("whole" if frames.complete else "part")
        return really(frames, *rest)

    monkeypatch.setattr(made, "trend", counting)
    return counted


def lately(h):
    now = h.clock.now()
    return Wanted(since=format_instant(now - DAY), until=format_instant(now))


def test_the_first_answer_is_a_part_and_once_it_is_kept_the_whole(h, times):
    now, wanted = h.clock.now(), lately(h)
    first = at_once(h.store, wanted, now)
    assert (first.report.pending, first.kept) == (True, False)
    full = whole(h.store, wanted, now)
    assert (full.report.pending, full.kept, full.report.id) == (False, True, first.report.id)
    assert times == ["part", "whole"]
    later, named = now + HOUR, Wanted(id=full.report.id)
    again = [answer(h.store, each, later).report for answer in (at_once, whole) for each in (wanted, named)]
    again += [report_of(h.store, each, later) for each in (wanted, named)]
    assert {msgspec.json.encode(each) for each in again} == {msgspec.json.encode(full.report)}
    assert times == ["part", "whole"]


def test_a_part_is_never_kept_nor_given_to_who_asks_for_all(h):
    wanted = lately(h)
    first = at_once(h.store, wanted, h.clock.now())
    assert h.rows("SELECT id FROM report") == []
    with pytest.raises(ValueError, match="is not kept"):
        at_once(h.store, Wanted(id=first.report.id), h.clock.now())
    assert not report_of(h.store, wanted, h.clock.now()).pending


def test_who_asks_the_same_at_the_same_time_waits_for_the_one_that_is_made(h, times):
    wanted = lately(h)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: whole(h.store, wanted, h.clock.now()), range(4)))
    assert times == ["whole"]
    assert len({msgspec.json.encode(each.report) for each in found}) == 1


@pytest.mark.parametrize("what", ["run", "change", "mended group", "acknowledgement"])
def test_what_comes_later_gives_another_report(house, what):
    h = house("rules: [{name: any, on: run}]" if what == "acknowledgement" else "")
    h.event(run_id="r0")
    h.work()
    h.pass_time(SECOND)
    now = h.clock.now()
    wanted = Wanted(since=format_instant(now - DAY), until=format_instant(now + HOUR))
    before = whole(h.store, wanted, now).report
    match what:
        case "run":
            h.event(run_id="r1")
        case "change":
            h.change("deploy-1")
        case "mended group":
            h.mend(h.rows("SELECT id FROM error_group")[0]["id"])
        case "acknowledgement":
            h.act("acknowledge", h.rows("SELECT id FROM alert")[0]["id"])
    h.work()
    after = at_once(h.store, wanted, now)
    assert after.report.id != before.id
    assert not after.kept


def test_a_question_without_fixed_instants_is_the_same_for_a_minute(h):
    now = (h.clock.now() // MINUTE + 1) * MINUTE
    kept = whole(h.store, Wanted(), now).report
    assert at_once(h.store, Wanted(), now + MINUTE - 1).report.id == kept.id
    assert at_once(h.store, Wanted(), now + MINUTE).report.pending


def test_the_fixed_form_of_a_question_asks_the_same(h):
    now = h.clock.now()
    wanted = Wanted(since="7d", workflow=["pa*", "a&b"], severity="high", tz="Europe/Vienna")
    again = parse_qs(wanted.fixed(now))
    asked = Wanted(workflow=again.pop("workflow"), **{name: value for name, [value] in again.items()})
    assert at_once(h.store, asked, now + 10 * SECOND).report.id == at_once(h.store, wanted, now).report.id
    assert (asked.workflow, asked.severity, asked.tz) == (wanted.workflow, "high", "Europe/Vienna")
