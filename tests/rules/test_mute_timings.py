"""Does a mute timing keep messages back exactly while its clock shows one of its times?"""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from rules.calendar.mute import LONGEST, MuteTiming, compiled, muted_until
from rules.instants import DAY, HOUR, MINUTE
from support.clockwork import NIGHTS, ZONES, at, minutes
from support.fuzzing import examples

NIGHT = {"times": ("22:00-06:00",), "days": ("mon-fri",), "timezone": "Europe/Vienna"}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CLOCK_TIMES = st.sampled_from(
    ["00:00", "00:30", "01:45", "02:00", "02:15", "02:30", "03:00", "12:00", "22:00", "23:59"]
)
TIMES = st.tuples(CLOCK_TIMES, CLOCK_TIMES | st.just("24:00")).filter(lambda pair: pair[0] != pair[1]).map("-".join)
DAY_RANGES = st.sampled_from(DAYS) | st.tuples(st.sampled_from(DAYS), st.sampled_from(DAYS)).map("-".join)


def timings(zones=None):
    return st.builds(
        MuteTiming,
        times=st.lists(TIMES, min_size=1, max_size=3).map(tuple),
        days=st.lists(DAY_RANGES, min_size=1, max_size=2).map(tuple),
        timezone=st.sampled_from(zones or ZONES),
    )


def book(timing):
    """Is a time on the wall in a window that began today or yesterday?"""
    days = [DAYS.index(day) for text in timing.days for day in days_of(text)]
    spans = []
    for text in timing.times:
        begin, end = (timedelta(hours=int(time[:2]), minutes=int(time[3:])) for time in text.split("-"))
        spans.append((begin, end if end > begin else end + timedelta(days=1)))

    def mutes(wall: datetime) -> bool:
        since = timedelta(hours=wall.hour, minutes=wall.minute)
        today, yesterday = wall.weekday() in days, (wall.weekday() - 1) % 7 in days
        return any(
            (today and begin <= since < end) or (yesterday and begin <= since + timedelta(days=1) < end)
            for begin, end in spans
        )

    return mutes


def days_of(text):
    first, _, last = text.partition("-")
    found = [first]
    while last and found[-1] != last:
        found.append(DAYS[(DAYS.index(found[-1]) + 1) % 7])
    return found


@pytest.mark.parametrize(
    ("moment", "muted"),
    [
        ("2026-11-23T21:59:59", False),  # a Monday
        ("2026-11-23T22:00:00", True),
        ("2026-11-24T05:59:59", True),
        ("2026-11-24T06:00:00", False),
        ("2026-11-28T05:59:59", True),  # Saturday: of the window that began on Friday
        ("2026-11-28T23:00:00", False),
        ("2026-11-23T05:00:00", False),  # Monday: there is none that began on Sunday
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_on_which_it_starts(moment, muted):
    assert compiled(MuteTiming(**NIGHT)).mutes(at(moment, "Europe/Vienna")) is muted


@settings(max_examples=examples(20), deadline=None)
@given(st.sampled_from(NIGHTS), st.data())
def test_it_mutes_exactly_the_minutes_that_the_book_says(night, data):
    timing = data.draw(timings([night[0]]))
    muting, muted = compiled(timing), book(timing)
    wrong = [wall for instant, wall in minutes(*night) if muting.mutes(instant) is not muted(wall)]
    assert not wrong


@settings(max_examples=examples(40), deadline=None)
@given(st.sampled_from(NIGHTS), st.lists(timings(), min_size=1, max_size=3), st.integers(0, 14 * 24 * 60 - 1))
def test_it_ends_at_the_first_moment_that_nothing_mutes(night, several, minute):
    mutings = [compiled(timing) for timing in several]
    moment = at(night[1]) - 7 * DAY + minute * MINUTE
    until = muted_until(mutings, moment)
    walked = moment
    while walked < moment + LONGEST and any(muting.mutes(walked) for muting in mutings):
        walked += MINUTE
    assert until == (None if walked == moment else walked)
    if until is not None and until < moment + LONGEST:
        assert any(muting.mutes(until - 1) for muting in mutings)


@pytest.mark.parametrize(
    ("times", "moment", "fold", "until"),
    [
        ("22:00-02:30", "2026-10-25T02:10", 0, "2026-10-25T00:30"),  # the first 02:30: it is mute again at the second 2
        ("22:00-02:30", "2026-10-25T02:10", 1, "2026-10-25T01:30"),
        ("02:00-03:00", "2026-10-25T02:10", 0, "2026-10-25T02:00"),  # both hours of it
        ("22:00-02:30", "2026-03-29T01:10", 0, "2026-03-29T01:00"),  # when the clock goes from 2 to 3
        ("22:00-06:00", "2026-03-29T01:10", 0, "2026-03-29T04:00"),
    ],
)
def test_the_clock_decides_in_the_nights_when_it_is_changed(times, moment, fold, until):
    muting = compiled(MuteTiming(times=(times,), timezone="Europe/Vienna"))
    assert muting.ends_at(at(moment, "Europe/Vienna", fold)) == at(until)


def test_windows_that_overlap_or_touch_are_one():
    evening = compiled(MuteTiming(times=("18:00-22:00",), timezone="Europe/Vienna"))
    night = compiled(MuteTiming(times=("22:00-06:00", "05:00-07:00"), timezone="Europe/Vienna"))
    elsewhere = compiled(MuteTiming(times=("06:00-08:00",)))
    begin = at("2026-11-23T18:00", "Europe/Vienna")
    assert muted_until([evening], begin) == begin + 4 * HOUR
    assert muted_until([elsewhere, night, evening], begin) == at("2026-11-24T08:00")
    assert muted_until([evening, night], begin - 1) is None
    assert muted_until([], begin) is None
    assert evening.ends_at(begin - 1) == begin - 1


@pytest.mark.parametrize("always", [{}, {"times": ("00:00-24:00",)}, {"times": ("00:00-12:00", "12:00-00:00")}])
def test_what_always_mutes_is_to_be_asked_again_after_a_fortnight(always):
    moment = at("2026-10-20T12:34:56")
    assert muted_until([compiled(MuteTiming(**always, timezone="Europe/Vienna"))], moment) == moment + 14 * DAY


@pytest.mark.parametrize(
    ("slip", "told"),
    [
        ({"times": ["22-06"]}, "'22-06' is not a span of the day; write it like 22:00-06:00"),
        ({"times": ["24:00-06:00"]}, "is not a span of the day"),
        ({"times": ["06:00-24:30"]}, "is not a span of the day"),
        ({"times": ["06:00-06:00"]}, "ends when it starts; write 00:00-24:00 for the whole day"),
        ({"times": []}, "at least 1 item"),
        ({"days": ["monday"]}, "'monday' is not a day; write one of mon, tue"),
        ({"days": ["mon-wed-fri"]}, "a range such as mon-fri"),
        ({"days": ["mon-"]}, "is not a day"),
        ({"days": []}, "at least 1 item"),
        ({"timezone": "Europe/Wien"}, "did you mean Europe/Vienna"),
        ({"months": ["jan"]}, "Extra inputs"),
    ],
)
def test_a_slip_in_a_mute_timing_is_refused_with_the_remedy(slip, told):
    with pytest.raises(ValidationError, match=told):
        MuteTiming(**slip)


def test_days_may_be_written_in_capitals_and_around_the_week():
    muting = compiled(MuteTiming(days=("Fri-MON",)))
    assert [muting.mutes(at(f"2026-11-{day}T12:00")) for day in range(23, 30)] == [
        True, False, False, False, True, True, True,
    ]  # fmt: skip
