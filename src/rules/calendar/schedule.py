"""When is a scheduled run due? By a cron expression in local time, or every so often."""

from dataclasses import dataclass
from functools import partial
from typing import Protocol

from cronsim import CronSim, CronSimError

from rules.calendar.clocks import Clock, Wall, next_each, next_once
from rules.calendar.zones import known_zone
from rules.instants import DAY, SECOND, Duration, Instant, format_duration, from_datetime, to_datetime

_NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_ALLOWED = {
    "minute": "0-59",
    "hour": "0-23",
    "day-of-month": "1-31, L (the last) or LW (the last from Monday to Friday)",
    "month": "1-12 or jan-dec",
    "day-of-week": "0-7 or sun-sat (0 and 7 are Sunday), 5L (the last Friday) or 5#2 (the second)",
}
_FORMS = "each also as *, a list 1,3, a range 1-5 that goes upwards, or a step */5"


class Schedule(Protocol):
    @property
    def described(self) -> str:
        """In words, for people."""

    def following(self, after: Instant) -> Instant:
        """When it is due for the first time strictly after ``after``."""


@dataclass(slots=True, frozen=True)
class Cron:
    """``by_the_clock``: it names times of the day. Else minute or hour begins with a star, and it goes on while the
    clock is put forward or back, as in the cron of Debian: each half hour stays each half hour."""

    expression: str
    clock: Clock
    by_the_clock: bool
    described: str

    def following(self, after: Instant) -> Instant:
        come = next_once if self.by_the_clock else next_each
        return come(self.clock, partial(_cron_step, self.expression), after)


@dataclass(slots=True, frozen=True)
class Interval:
    every: Duration
    clock: Clock
    described: str

    def following(self, after: Instant) -> Instant:
        if self.every % DAY:
            return _interval_step(self.every, after)
        return next_once(self.clock, partial(_interval_step, self.every), after)


def cron(expression: str, timezone: str = "UTC") -> Schedule:
    """Five fields, or ``@daily`` and the like. A local time that is left out runs as soon as the clock is past it, one
    that is shown twice runs once. Raises ValueError for what is not one, or never comes, and for an unknown zone."""
    clock, fields = Clock(known_zone(timezone)), _fields(expression)
    _refuse_bad_fields(expression, fields)
    plain = " ".join(fields)
    by_the_clock = not fields[0].startswith("*") and not fields[1].startswith("*")
    return Cron(plain, clock, by_the_clock, f"{CronSim(plain, to_datetime(0)).explain()} ({timezone})")


def interval(every: Duration, timezone: str = "UTC") -> Schedule:
    """Counted from 1970-01-01 00:00: whole days on the clock of the zone, so that each begins at its midnight; all else
    in time passed, from UTC, whatever the zone. Raises ValueError."""
    clock = Clock(known_zone(timezone))
    if every < SECOND:
        raise ValueError("every must be at least 1s")
    said = f"every {format_duration(every)}"
    return Interval(every, clock, said if every % DAY else f"{said} at 00:00 ({timezone})")


def _cron_step(expression: str, wall: Wall) -> Wall:
    """cronsim counts on a clock without a zone: with one it loses times where the clock is put back half an hour."""
    return from_datetime(next(CronSim(expression, to_datetime(wall))))


def _interval_step(every: Duration, wall: Wall) -> Wall:
    return (wall // every + 1) * every


def _fields(expression: str) -> list[str]:
    if expression.strip().startswith("@") and expression.strip().lower() not in _NICKNAMES:
        raise ValueError(f"{expression!r} is not a schedule; write five fields, every: 1h, or {', '.join(_NICKNAMES)}")
    fields = _NICKNAMES.get(expression.strip().lower(), expression).split()
    if len(fields) != len(_ALLOWED):
        wanted = ", ".join(_ALLOWED)
        raise ValueError(f"{expression!r} has {len(fields)} fields; write five, without seconds: {wanted}")
    return fields


def _refuse_bad_fields(expression: str, fields: list[str]) -> None:
    for index, (name, allowed) in enumerate(_ALLOWED.items()):
        alone = ["*"] * len(_ALLOWED)
        alone[index] = fields[index]
        if not _is_accepted(alone):
            raise ValueError(f"{expression!r}: {fields[index]!r} is no {name}; it may be {allowed}; {_FORMS}")
    if not _is_accepted(fields):
        raise ValueError(f"{expression!r} never comes; name a day that there is in such a month")


def _is_accepted(fields: list[str]) -> bool:
    """It can be read, and comes at all within the 50 years that cronsim looks ahead."""
    try:
        next(CronSim(" ".join(fields), to_datetime(0)))
    except (CronSimError, StopIteration, ValueError):
        return False
    return True
