"""When is the next time that a schedule names?"""

from dataclasses import dataclass
from typing import Protocol
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from rules.instants import Instant, from_datetime, to_datetime


class Schedule(Protocol):
    def following(self, after: Instant) -> Instant:
        """The first time strictly after."""


@dataclass(slots=True, frozen=True)
class _Cron:
    expression: str
    zone: ZoneInfo

    def following(self, after: Instant) -> Instant:
        return from_datetime(next(CronSim(self.expression, to_datetime(after).astimezone(self.zone))))


def cron(expression: str, timezone: str) -> Schedule:
    """Raises ValueError for an expression that cannot be read."""
    try:
        CronSim(expression, to_datetime(0))
    except CronSimError as error:
        raise ValueError(f"{expression!r} is not a cron expression: {error}") from None
    return _Cron(expression, ZoneInfo(timezone))
