"""Are error groups opened and closed as they were, and does the balance hold?"""

import math
import random
from collections import Counter, defaultdict

import numpy as np
import pytest

from reports.flows import Span, flow
from reports.period import DAY, Filters, Period
from reports.sections import flow as section
from reports.statistics.returns import gone_quiet
from support.trends import HOUR, NOW, QUARTER, Run, context_of, frames_from

WEEKS = Period(NOW - 28 * DAY, NOW, "UTC", NOW)
FIRST = WEEKS.previous().first
SPAN = Span(FIRST, WEEKS.first, NOW)


def info(group, first_seen, count=1, state="ongoing", resolved_at=0):
    return group, "pay", "charge", "Boom", "it broke", count, first_seen, NOW, state, resolved_at, ""


def seen(group, *instants, **more):
    return [Run(at, "pay", "failed", group=group, **more) for at in instants]


def daily(group, first, last, every=DAY):
    """From ``first`` to ``last``, so many days before now."""
    return seen(group, *range(NOW - first * DAY, NOW - last * DAY, every))


def told(runs, groups, events=(), span=SPAN):
    found = flow(frames_from(runs, group_info=groups, group_events=list(events)), span)
    steps = list(found.steps[["error_group", "kind"]].itertuples(index=False, name=None))
    return found.open_before, steps, found.open_after, found.state


def resolved(at, group="g"):
    return at, group, "resolved", ""


def regressed(at, group="g"):
    return at, group, "regressed", "v2"


def test_a_group_seen_first_in_the_period_is_new_and_stays_open():
    at = NOW - 3 * DAY
    assert told(seen("g", at), [info("g", at)]) == (0, [("g", "new")], 1, {"g": "open"})


def test_one_known_before_is_open_and_no_news():
    at = FIRST - 3 * DAY
    assert told(seen("g", NOW - DAY), [info("g", at, 2)]) == (1, [], 1, {"g": "open"})


def test_daily_failures_that_stop_are_quiet_after_three_days():
    runs = daily("g", 20, 10)
    found = flow(frames_from(runs, group_info=[info("g", runs[0].at)]), SPAN)
    assert list(found.steps.kind) == ["new", "quiet"]
    assert (found.steps["at"].iloc[1] - runs[-1].at) / DAY == pytest.approx(math.log(20))
    assert (found.open_after, found.state) == (0, {"g": "quiet"})


def test_and_have_returned_when_they_are_seen_again():
    runs = [*daily("g", 20, 10), *seen("g", NOW - DAY)]
    _, steps, after, _ = told(runs, [info("g", runs[0].at)])
    assert (steps, after) == ([("g", "new"), ("g", "quiet"), ("g", "returned")], 1)


def test_weekly_failures_are_not_quiet_within_a_week():
    runs = daily("g", 50, 1, 7 * DAY)
    assert told(runs, [info("g", runs[0].at)]) == (1, [], 1, {"g": "open"})


def test_a_burst_tells_no_rate():
    at = NOW - 20 * DAY
    runs = seen("g", *range(at, at + 5 * HOUR, QUARTER))
    assert told(runs, [info("g", at)]) == (0, [("g", "new")], 1, {"g": "open"})


def test_one_that_failed_daily_long_ago_returns():
    """Nothing is counted of its former days: its failures tell them."""
    first = FIRST - 100 * DAY
    assert told(seen("g", NOW - DAY), [info("g", first, 90)]) == (0, [("g", "returned")], 1, {"g": "open"})


def test_a_fix_closes_until_it_regressed():
    groups = [info("g", FIRST - 9 * DAY, 3)]
    fix, runs = resolved(NOW - 9 * DAY), seen("g", NOW - 20 * DAY, NOW - 5 * DAY)
    assert told(runs, groups, [fix])[1:] == ([("g", "fixed")], 0, {"g": "fixed"})
    back = [fix, regressed(NOW - 5 * DAY)]
    assert told(runs, groups, back)[1:] == ([("g", "fixed"), ("g", "regressed")], 1, {"g": "open"})


def test_a_fix_that_only_the_group_tells_of_counts_too():
    fixed = info("g", NOW - 20 * DAY, 3, "resolved", NOW - 9 * DAY)
    assert told(seen("g", NOW - 20 * DAY), [fixed])[1] == [("g", "new"), ("g", "fixed")]
    back = info("g", FIRST - 20 * DAY, 3, "regressed", FIRST - 9 * DAY)
    assert told(seen("g", NOW - DAY), [back], [regressed(NOW - DAY)])[:3] == (0, [("g", "regressed")], 1)


def test_what_was_fixed_twice_or_back_twice_counts_once():
    events = [resolved(NOW - 9 * DAY), resolved(NOW - 8 * DAY), regressed(NOW - 5 * DAY), regressed(NOW - 4 * DAY)]
    _, steps, after, _ = told(seen("g", NOW - 20 * DAY), [info("g", NOW - 20 * DAY)], events)
    assert ([kind for _, kind in steps], after) == (["new", "fixed", "regressed"], 1)


def test_resolving_a_quiet_group_closes_nothing_more():
    runs = daily("g", 27, 15)
    _, steps, after, state = told(runs, [info("g", runs[0].at)], [resolved(NOW - 2 * DAY)])
    assert ([kind for _, kind in steps], after, state) == (["new", "quiet", "confirmed"], 0, {"g": "fixed"})


def test_fixed_and_back_before_the_counts_is_open_once():
    events = [resolved(FIRST - 5 * DAY), regressed(FIRST - 4 * DAY)]
    assert told(seen("g", NOW - DAY), [info("g", FIRST - 9 * DAY, 2)], events)[:3] == (1, [], 1)


def history(seed, groups=40):
    chance, runs, known, events = random.Random(seed), [], [], []
    for number in range(groups):
        name, every = f"g{number}", chance.choice([0.1, 0.5, 1, 3, 9]) * DAY
        at = first = FIRST + round(chance.uniform(-20, 50) * DAY)
        stop, instants = first + chance.uniform(1, 60) * DAY, []
        while at < NOW:
            if at >= FIRST and (at < stop or at > stop + 20 * DAY):
                instants.append(at)
            at += max(1, round(chance.expovariate(1 / every)))
        runs += seen(name, *instants)
        before = chance.randrange(1, 40) if first < FIRST else 0
        known.append(info(name, first, before + len(instants)))
        kinds = chance.choices(["resolved", "resolved", "regressed"], k=chance.choice([0, 0, 1, 2, 4]))
        events += [(round(chance.uniform(max(first, FIRST), NOW)), name, kind, "") for kind in kinds]
    return runs, known, events


def brute(runs, known, events):
    """(open before, counts of steps in the period, open after): one group after another, one moment after another."""
    instants, happened = defaultdict(list), defaultdict(list)
    for run in sorted(runs, key=lambda run: run.at):
        instants[run.group].append(run.at - run.at % QUARTER)
    for at, group, kind, _ in events:
        happened[group].append((at, kind))
    before, after, steps = 0, 0, Counter()
    for group in known:
        walked = list(walk(group, instants[group[0]], sorted(happened[group[0]])))
        for at, kind in walked:
            sign = {"fixed": -1, "quiet": -1, "confirmed": 0}.get(kind, 1)
            after += sign
            before += sign * (at < SPAN.since)
            steps[kind] += at >= SPAN.since
    return before, +steps, after


def walk(group, instants, happened):
    count, first_seen = group[5:7]
    first_seen -= first_seen % QUARTER
    days, start, state, last = 0, None, "", 0
    if happened and happened[0][1] == "regressed":
        happened = [(min(FIRST, happened[0][0]), "resolved"), *happened]
    moments = [(at, "seen") for at in instants]
    if first_seen < FIRST:
        lived = (FIRST - first_seen) // DAY + 1
        days, start = min(lived, max(1, count - len(instants))), first_seen
        moments.append((FIRST, "known"))
    rank = {"resolved": 0, "regressed": 1, "known": 2, "seen": 3}
    day = None
    ordered = sorted({*moments, *happened}, key=lambda each: (each[0], rank[each[1]]))
    for at, kind in [*ordered, (NOW, "end")]:
        if state == "open" and gone_quiet(np.array([start] * (days - 1) + [last], dtype=float), at):
            state = "quiet"
            yield last + math.log(20) * (last - start) / (days - 1), "quiet"
        if kind == "seen" and at // DAY != day:
            days, day, start = days + 1, at // DAY, at if start is None else start
        if kind == "resolved" and state != "fixed":
            if state:
                yield at, {"open": "fixed", "quiet": "confirmed"}[state]
            state = "fixed"
        elif kind in {"regressed", "known", "seen"}:
            if state == "fixed" and kind != "regressed":
                continue
            if state != "open":
                yield at, {"fixed": "regressed", "quiet": "returned", "": "known" if kind == "known" else "new"}[state]
            state, last = "open", at


@pytest.mark.parametrize("seed", range(20))
def test_the_flow_equals_a_walk_through_every_group(seed):
    runs, known, events = history(seed)
    found = flow(frames_from(runs, group_info=known, group_events=events), SPAN)
    before, steps, after = brute(runs, known, events)
    assert (found.open_before, Counter(found.steps.kind), found.open_after) == (before, steps, after)
    counted = Counter(found.steps.kind)
    opened = counted["new"] + counted["returned"] + counted["regressed"]
    assert before + opened - counted["fixed"] - counted["quiet"] == after
    assert sum(state == "open" for state in found.state.values()) == after


def test_random_histories_know_every_kind_of_step():
    every = Counter()
    for seed in range(20):
        every += brute(*history(seed))[1]
    assert min(every[kind] for kind in ("new", "returned", "regressed", "fixed", "quiet", "confirmed")) >= 10


def built(runs, groups=(), events=(), period=WEEKS, filters=None):
    more = {"group_info": list(groups), "group_events": list(events)}
    return section.build(context_of(runs, period, filters, **more))


def test_bars_and_balance_hold_every_step():
    runs, known, events = history(3)
    made = built(runs, known, events)
    balance = {row[0]: row[1] for row in made.tables[0].rows}
    opened = balance["+ new"] + balance["+ returned"] + balance["+ regressed"]
    assert (
        balance["Open at the start"] + opened - balance["- fixed"] - balance["- quiet"] == balance["= open at the end"]
    )
    for series in made.charts[0].series:
        assert abs(sum(series.y)) == made.data[series.name]
        assert all((value >= 0) == (series.name in {"new", "returned", "regressed"}) for value in series.y if value)
    assert made.charts[1].series[0].y[-1] == made.data["open_after"]
    assert {link.removeprefix("groups/") for link in made.tables[1].links} <= {each[0] for each in known}


def test_the_sentence_says_whether_fixes_held():
    groups = [info(name, FIRST - 9 * DAY, 3) for name in "ab"]
    fixes = [resolved(NOW - 9 * DAY, "a"), resolved(NOW - 8 * DAY, "b")]
    runs = [*seen("a", NOW - 5 * DAY), *seen("b", NOW - 20 * DAY)]
    assert built(runs, groups, fixes).finding == (
        "The number of open error groups went from 2 to 0: 0 new, 0 returned, 0 regressed; 2 fixed, 0 quiet. "
        "Of 2 groups resolved in this period none came back."
    )
    again = built(runs, groups, [*fixes, regressed(NOW - 5 * DAY, "a")])
    assert again.finding.endswith("Of 2 groups resolved in this period 1 came back.")
    assert [row[3] for row in again.tables[1].rows] == ["fixed, regressed", "fixed"]


def test_every_history_has_its_sentence():
    assert built([]).finding == "No error group was open in this period."
    open_still = built(seen("g", NOW - DAY), [info("g", FIRST - DAY)])
    assert open_still.finding == "1 error group stayed open; none is new, came back, was fixed or fell quiet."
    new = built(seen("g", NOW - DAY), [info("g", NOW - DAY)])
    assert new.finding.endswith("1 new, 0 returned, 0 regressed; 0 fixed, 0 quiet. None was resolved in this period.")


def test_filters_choose_groups_and_tell_of_the_whole_of_them():
    runs = [*seen("a", NOW - DAY, environment="prod"), *seen("a", NOW - 9 * DAY), *seen("b", NOW - DAY)]
    groups = [info("a", NOW - 9 * DAY), info("b", NOW - DAY)]
    asked = built(runs, groups, filters=Filters(environment="prod"))
    assert [each["error_group"] for each in asked.data["steps"]] == ["a"]
    assert asked.data["steps"][0]["at"].startswith("2026-11-14")
    assert asked.notes
    assert built(runs, groups, filters=Filters(severity="low")).data["steps"] == []
    assert len(built(runs, groups).data["steps"]) == 2


def test_nothing_is_told_of_the_future():
    period = Period(NOW - 20 * DAY, NOW + 8 * DAY, "Asia/Kathmandu", NOW)
    runs = daily("g", 12, 1)
    made = built(runs, [info("g", runs[0].at)], period=period)
    assert [each["kind"] for each in made.data["steps"]] == ["new"]
    assert made.data["open_after"] == 1
