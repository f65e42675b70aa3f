"""Digests over nights on which the clock is changed: each event told once, one digest a day, none forgotten."""

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.config import ANY_FAILURE, Policy
from rules.instants import DAY, HOUR, from_datetime, to_datetime
from rules.ruleset import Ruleset
from support.fuzzing import examples
from support.plays import (
    BEGINS,
    PEOPLE,
    SUCCEEDS,
    Play,
    check_all_told,
    check_counts,
    check_ends,
    check_ids,
    check_order,
    fails,
    plays,
    waits,
)

VIENNA = ZoneInfo("Europe/Vienna")
# The evenings before the hour that is left out, the one that comes twice, and an ordinary night.
EVENINGS = st.sampled_from([datetime(2027, 3, 27, 20), datetime(2026, 10, 24, 20), datetime(2026, 11, 24, 20)])
TIMES = st.sampled_from(["00:00", "01:59", "02:00", "02:30", "02:59", "03:00", "09:00", "23:59"])
ACTS = plays(
    fails(st.just("medium")), fails(st.just("medium")), SUCCEEDS, PEOPLE, waits(1, 16, 30, 59, 60, 61, 240, 480, 1440)
)


def played(acts, evening: datetime, digest: dict) -> Play:
    policy = Policy(channels=("ops",), digest={"timezone": "Europe/Vienna", **digest}, flapping={"changes": 1_000})
    play = Play(Ruleset((ANY_FAILURE,), policies={"default": policy}), from_datetime(evening.replace(tzinfo=UTC)))
    play.acts(acts)
    play.wait(3 * DAY)
    return play


def check(play: Play) -> None:
    check_ids(play)
    check_order(play)
    check_all_told(play, ("ops",))
    check_ends(play)
    check_counts(play)
    begun = Counter(about.alert_id for _, m in play.messages for about in m.about if about.reason in BEGINS)
    assert set(begun.values()) <= {1}


@settings(max_examples=examples(80), deadline=None)
@given(ACTS, EVENINGS, TIMES)
def test_a_daily_digest_is_told_at_most_once_a_day_and_at_its_time(acts, evening, at):
    play = played(acts, evening, {"at": at})
    check(play)
    local = [to_datetime(each).astimezone(VIENNA) for each, _ in play.messages]
    days = Counter(each.date() for each in local)
    assert set(days.values()) <= {1}
    for each in local:
        there = each.replace(tzinfo=UTC).astimezone(UTC).strftime("%H:%M")
        assert there == at or (each.month == 3 and each.day == 28 and there == "03:00" and "02:00" <= at < "03:00")


@settings(max_examples=examples(60), deadline=None)
@given(ACTS, EVENINGS, st.sampled_from(["00:00", "00:30", "00:59"]))
def test_an_hourly_digest_waits_an_hour_at_most_and_two_are_an_hour_apart(acts, evening, at):
    play = played(acts, evening, {"at": at, "every": "hourly"})
    check(play)
    times = [each for each, _ in play.messages]
    assert all(after - before >= HOUR for before, after in pairwise(times))
    for (_, alert_id), heard in play.heard.items():
        assert heard[0][0] - play.episodes[alert_id].fired_at <= HOUR or heard[0][2].since_last
