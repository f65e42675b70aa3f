"""What would somebody with a clock, a calendar and patience say? Slow models of local time, minute by minute."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from rules.instants import MINUTE, Instant, from_datetime, to_datetime

Matches = Callable[[datetime], bool]

# A night in which the clock is put forward, and one in which it is put back; in Kathmandu neither happens.
NIGHTS = [
    ("Europe/Vienna", "2026-03-29"),
    ("Europe/Vienna", "2026-10-25"),
    ("America/New_York", "2026-03-08"),
    ("America/New_York", "2026-11-01"),
    ("Australia/Lord_Howe", "2026-10-04"),  # by half an hour
    ("Australia/Lord_Howe", "2026-04-05"),
    ("Africa/Cairo", "2026-04-24"),  # at midnight
    ("Africa/Cairo", "2026-10-30"),
    ("America/Nuuk", "2026-03-28"),  # from 23:00 to midnight
    ("Asia/Kathmandu", "2026-03-29"),
    ("UTC", "2026-03-29"),
]
ZONES = sorted({zone for zone, _ in NIGHTS})


def at(text: str, zone: str = "UTC", fold: int = 0) -> Instant:
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold))


def local(instant: Instant, zone: str) -> str:
    return to_datetime(instant).astimezone(ZoneInfo(zone)).strftime("%m-%d %H:%M%z")


def around(day: str) -> tuple[datetime, datetime]:
    """The fortnight with ``day`` in the middle, on the wall."""
    middle = datetime.fromisoformat(day)
    return middle - timedelta(days=7), middle + timedelta(days=7)


def times_on_the_wall(zone: str, day: str, matches: Matches) -> list[Instant]:
    """Each local time that matches, once: when it is first shown, or at the next minute that is shown at all."""
    wall, end = around(day)
    found = set()
    while wall < end:
        if matches(wall):
            found.add(_first_shown(wall, ZoneInfo(zone)))
        wall += timedelta(minutes=1)
    return sorted(found)


def _first_shown(wall: datetime, zone: ZoneInfo) -> Instant:
    while wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall:
        wall += timedelta(minutes=1)
    return from_datetime(wall.replace(tzinfo=zone))


@cache
def minutes(zone: str, day: str) -> list[tuple[Instant, datetime]]:
    """Every minute that passes, and what the clock shows then."""
    begin, end = (from_datetime(edge.replace(tzinfo=ZoneInfo(zone))) for edge in around(day))
    passing = range(begin, end, MINUTE)
    return [(at, to_datetime(at).astimezone(ZoneInfo(zone)).replace(tzinfo=None)) for at in passing]


def minutes_that_match(zone: str, day: str, matches: Matches) -> list[Instant]:
    return [instant for instant, wall in minutes(zone, day) if matches(wall)]


def stepped(following: Callable[[Instant], Instant], zone: str, day: str) -> list[Instant]:
    """All that ``following`` visits in the fortnight."""
    begin, end = (from_datetime(edge.replace(tzinfo=ZoneInfo(zone))) for edge in around(day))
    visited, instant = [], following(begin - 1)
    while instant < end:
        visited.append(instant)
        instant = following(instant)
    return visited
