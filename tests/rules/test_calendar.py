"""Are schedules due, and digests told, when the clock of their zone says so, also in nights when it is changed?"""

from bisect import bisect_right
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from rules.calendar.digests import next_digest
from rules.calendar.schedule import cron, interval
from rules.calendar.zones import Zone
from rules.instants import DAY, HOUR, MINUTE, to_datetime
from rules.policy import Digest
from support.clockwork import NIGHTS, ZONES, at, local, minutes_that_match, stepped, times_on_the_wall
from support.fuzzing import examples

CHANGES = st.builds(lambda night, more: at(night[1], night[0]) + more, st.sampled_from(NIGHTS), st.integers(0, DAY))
MOMENTS = st.integers(at("2020-01-01"), at("2040-01-01")) | CHANGES
CRONS = st.sampled_from([
    "0 2 * * *", "30 2 * * *", "*/30 * * * *", "*/15 2 * * *", "0,30 2 * * *", "0-59 2 * * *", "30 * * * *",
    "0 0 29 2 *", "*/5 0 29 2 *", "0 9 * * 1-5", "15 0 L * *", "0 12 * * 5#2", "@daily", "@hourly", "0 */6 * * *",
])  # fmt: skip
DIGESTS = st.builds(
    Digest,
    at=st.one_of(
        st.sampled_from(["00:00", "00:30", "02:30", "09:00", "23:30"]),
        st.times().map(lambda time: f"{time:%H:%M}"),
    ),
    timezone=st.sampled_from(ZONES),
    every=st.sampled_from(["daily", "hourly"]),
)
SOME = st.sets(st.integers(0, 59), min_size=1, max_size=4)


def first(schedule, after, zone, count):
    """The next ones, on the clock of the zone."""
    told = []
    for _ in range(count):
        after = schedule.following(after)
        told.append(local(after, zone))
    return told


@pytest.mark.parametrize(
    ("expression", "zone", "after", "told"),
    [
        ("30 2 * * *", "Europe/Vienna", "2026-03-28T12:00", ["03-29 03:00+0200", "03-30 02:30+0200"]),
        ("0,30 2 * * *", "Europe/Vienna", "2026-03-28T12:00", ["03-29 03:00+0200", "03-30 02:00+0200"]),
        ("30 2 * * *", "Europe/Vienna", "2026-10-24T12:00", ["10-25 02:30+0200", "10-26 02:30+0100"]),
        ("0 3 * * *", "Europe/Vienna", "2026-10-24T12:00", ["10-25 03:00+0100", "10-26 03:00+0100"]),
        ("*/30 * * * *", "Europe/Vienna", "2026-03-29T01:10", ["03-29 01:30+0100", "03-29 03:00+0200"]),
        ("*/30 * * * *", "Europe/Vienna", "2026-10-25T02:10",
         ["10-25 02:30+0200", "10-25 02:00+0100", "10-25 02:30+0100", "10-25 03:00+0100"]),
        ("*/30 2 * * *", "Europe/Vienna", "2026-03-28T12:00", ["03-30 02:00+0200", "03-30 02:30+0200"]),
        ("30 2 * * *", "America/New_York", "2026-03-07T12:00", ["03-08 03:00-0400", "03-09 02:30-0400"]),
        ("30 1 * * *", "America/New_York", "2026-10-31T12:00", ["11-01 01:30-0400", "11-02 01:30-0500"]),
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00", ["10-04 02:30+1100", "10-05 02:15+1100"]),
        ("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T12:00", ["04-05 01:45+1100", "04-06 01:45+1030"]),
        ("30 * * * *", "Australia/Lord_Howe", "2026-04-05T01:00",
         ["04-05 01:30+1100", "04-05 01:30+1030", "04-05 02:30+1030"]),
        ("*/15 3 * * *", "Australia/Lord_Howe", "2026-10-03T12:00", ["10-04 03:00+1100", "10-04 03:15+1100"]),
        ("0 0 * * *", "Africa/Cairo", "2026-04-23T12:00", ["04-24 01:00+0300", "04-25 00:00+0300"]),
        ("30 23 * * *", "America/Nuuk", "2026-03-28T12:00", ["03-29 00:00-0100", "03-29 23:30-0100"]),
        ("0 9 * * *", "Asia/Kathmandu", "2026-03-29T12:00", ["03-30 09:00+0545", "03-31 09:00+0545"]),
        ("@weekly", "Asia/Kathmandu", "2026-03-28T12:00", ["03-29 00:00+0545", "04-05 00:00+0545"]),
        (" @Monthly ", "UTC", "2026-03-28T12:00", ["04-01 00:00+0000", "05-01 00:00+0000"]),
    ],
)  # fmt: skip
def test_a_cron_schedule_in_the_nights_when_clocks_are_changed(expression, zone, after, told):
    assert first(cron(expression, zone), at(after, zone), zone, len(told)) == told


@pytest.mark.parametrize(("zone", "day"), NIGHTS)
def test_asked_at_any_minute_of_that_day_it_tells_the_first_one_after(zone, day):
    schedule = cron("0,15,30,45 0-23 * * *", zone)
    due = times_on_the_wall(zone, day, lambda wall: wall.minute % 15 == 0)
    for moment in range(at(day, zone), at(day, zone) + 27 * HOUR, MINUTE):
        assert schedule.following(moment) == due[bisect_right(due, moment)]


@settings(max_examples=examples(25))
@given(night=st.sampled_from(NIGHTS), minute=SOME, hour=st.sets(st.integers(0, 4) | st.just(23), min_size=1))
def test_stepping_visits_each_named_time_once(night, minute, hour):
    schedule = cron(f"{','.join(map(str, minute))} {','.join(map(str, hour))} * * *", night[0])
    wanted = times_on_the_wall(*night, lambda wall: wall.minute in minute and wall.hour in hour)
    assert stepped(schedule.following, *night) == wanted


@settings(max_examples=examples(25))
@given(night=st.sampled_from(NIGHTS), step=st.integers(1, 59), hours=st.sampled_from([24, 4, 1]), sundays=st.booleans())
def test_stepping_visits_every_minute_that_matches_where_the_minute_is_starred(night, step, hours, sundays):
    schedule = cron(f"*/{step} 0-{hours - 1} * * {'0' if sundays else '*'}", night[0])
    wanted = minutes_that_match(
        *night, lambda wall: wall.minute % step == 0 and wall.hour < hours and (wall.weekday() == 6 or not sundays)
    )
    assert stepped(schedule.following, *night) == wanted


@settings(max_examples=examples(25))
@given(night=st.sampled_from(NIGHTS), minute=SOME)
def test_stepping_visits_every_hour_where_the_hour_is_starred(night, minute):
    schedule = cron(f"{','.join(map(str, minute))} * * * *", night[0])
    assert stepped(schedule.following, *night) == minutes_that_match(*night, lambda wall: wall.minute in minute)


@given(CRONS, st.sampled_from(ZONES), MOMENTS, st.integers(0, 2 * DAY))
def test_a_schedule_follows_strictly_and_never_goes_back(expression, zone, moment, more):
    schedule = cron(expression, zone)
    due = schedule.following(moment)
    assert moment < due <= schedule.following(moment + more)
    assert schedule.following(due - 1) == due


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("61 * * * *", "'61' is no minute; it may be 0-59;"),
        ("0 24 * * *", "'24' is no hour; it may be 0-23;"),
        ("0 0 32 * *", "'32' is no day-of-month; it may be 1-31, L"),
        ("0 0 * 13 *", "'13' is no month; it may be 1-12 or jan-dec;"),
        ("0 0 * * fri-mon", "'fri-mon' is no day-of-week; it may be 0-7 or sun-sat"),
        ("0 0 ? * *", "'?' is no day-of-month"),
        ("*/0 * * * *", r"a step \*/5"),
        ("0 0 31 2 *", "never comes; name a day that there is in such a month"),
        ("0 0 */30 * mon#2", "never comes"),
        ("0 0 2 * * *", "has 6 fields; write five, without seconds: minute, hour"),
        ("", "has 0 fields"),
        ("@every 1h", "write five fields, every: 1h, or @yearly"),
        ("@reboot", "'@reboot' is not a schedule"),
    ],
)
def test_a_slip_in_a_cron_expression_is_refused_with_the_remedy(expression, told):
    with pytest.raises(ValueError, match=told):
        cron(expression)


@settings(max_examples=examples(200))
@given(st.text(st.sampled_from("0123456789*/,-#LWamonfri@ "), max_size=20) | st.lists(
    st.from_regex(r"(\*|\d{1,2}(-\d{1,2})?|L|LW|MON|FRI#\d|5L)(/\d)?(,(\d{1,2}|\*))?", fullmatch=True),
    min_size=5, max_size=5).map(" ".join))  # fmt: skip
def test_whatever_is_written_is_either_refused_or_can_be_asked_and_described(expression):
    try:
        schedule = cron(expression, "Europe/Vienna")
    except ValueError:
        return
    assert schedule.following(at("2026-03-29")) > at("2026-03-29")
    assert schedule.described


def test_an_interval_is_counted_from_1970_and_whole_days_begin_at_the_midnight_of_the_zone():
    assert interval(HOUR).following(at("2026-03-29T00:00")) == at("2026-03-29T01:00")
    assert interval(HOUR, "Asia/Kathmandu").following(at("2026-03-29T00:59")) == at("2026-03-29T01:00")
    assert interval(7 * MINUTE).following(-1) == 0
    daily = first(interval(DAY, "Europe/Vienna"), at("2026-03-28T12:00"), "Europe/Vienna", 2)
    assert daily == ["03-29 00:00+0100", "03-30 00:00+0200"]
    with pytest.raises(ValueError, match="at least 1s"):
        interval(0)


@given(st.integers(1, 100_000).map(lambda s: s * MINUTE), st.sampled_from(ZONES), MOMENTS, st.integers(0, DAY))
def test_an_interval_follows_strictly_and_never_goes_back(every, zone, moment, more):
    schedule = interval(every, zone)
    assert moment < schedule.following(moment) <= schedule.following(moment + more)


def test_a_schedule_describes_itself():
    assert cron("0 9 * * 1-5", "Europe/Vienna").described == "At 09:00 on Monday through Friday (Europe/Vienna)"
    assert cron("@daily").described == "At 00:00 every day (UTC)"
    assert interval(90 * MINUTE).described == "every 1h 30m"
    assert interval(DAY, "Europe/Vienna").described == "every 1d at 00:00 (Europe/Vienna)"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Europe/Wien", "'Europe/Wien' is not a time zone; did you mean Europe/Vienna?"),
        ("europe/vienna", "did you mean Europe/Vienna?"),
        ("Vienna", "did you mean Europe/Vienna?"),
        ("new york", "did you mean America/New_York?"),
        ("Europe", "did you mean"),
        ("qqqqqq", "write it like Europe/Vienna or UTC"),
        ("", "write it like"),
        ("../zone", "is not a time zone"),
        ("localtime", "is not a time zone"),
        ("right/Europe/Vienna", "did you mean Europe/Vienna?"),
        ("x" * 5_000, "is not a time zone"),
    ],
)
def test_an_unknown_zone_is_refused_with_the_nearest_one(name, told):
    for read in (lambda: TypeAdapter(Zone).validate_python(name), lambda: Digest(timezone=name)):
        with pytest.raises(ValidationError, match=told.replace("?", r"\?")):
            read()
    with pytest.raises(ValueError, match=told.replace("?", r"\?")):
        cron("0 2 * * *", name)


@pytest.mark.parametrize(("zone", "day"), NIGHTS)
@pytest.mark.parametrize("time", ["00:00", "00:30", "01:45", "02:00", "02:15", "02:30", "03:00", "09:00", "23:30"])
def test_a_daily_digest_is_told_exactly_once_for_each_local_day(zone, day, time):
    digest = Digest(at=time, timezone=zone)
    wanted = times_on_the_wall(zone, day, lambda wall: f"{wall:%H:%M}" == time)
    assert len(wanted) == 14
    assert stepped(lambda after: next_digest(digest, after), zone, day) == wanted


@pytest.mark.parametrize(("zone", "day"), NIGHTS)
@pytest.mark.parametrize("minute", [0, 15, 45])
def test_an_hourly_digest_is_told_whenever_the_clock_shows_its_minute(zone, day, minute):
    digest = Digest(at=f"09:{minute:02}", timezone=zone, every="hourly")
    wanted = minutes_that_match(zone, day, lambda wall: wall.minute == minute)
    assert stepped(lambda after: next_digest(digest, after), zone, day) == wanted


@given(DIGESTS, MOMENTS, st.integers(0, 2 * DAY))
def test_a_digest_follows_strictly_and_never_goes_back(digest, moment, more):
    due = next_digest(digest, moment)
    assert moment < due <= next_digest(digest, moment + more)
    assert next_digest(digest, due - 1) == due


@given(st.sampled_from(ZONES), MOMENTS)
def test_no_two_digests_of_a_common_time_are_on_one_local_day(zone, moment):
    digest = Digest(timezone=zone)
    days: list[date] = []
    for _ in range(5):
        moment = next_digest(digest, moment)
        days.append(to_datetime(moment).astimezone(ZoneInfo(zone)).date())
    assert days == sorted(set(days))
    assert (days[-1] - days[0]).days == 4
