"""Which stretch of time, cut how? Buckets of local hours, days or weeks, and the period to compare with."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MICROSECOND = timedelta(microseconds=1)
DAY = 86_400_000_000
QUARTER = 900_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_HOURLY = 3 * DAY
_MOST_DAILY = 120 * DAY


@dataclass(frozen=True)
class Filters:
    """Globs of workflows (any of them), and exact values; empty means all."""

    workflows: tuple[str, ...] = ()
    environment: str = ""
    version: str = ""
    severity: str = ""


@dataclass(frozen=True)
class Period:
    """[since, until) in µs, told in ``timezone``. Raises ValueError for a zone that is not known, or an empty span."""

    since: int
    until: int
    timezone: str
    now: int

    def __post_init__(self) -> None:
        if self.since >= self.until:
            raise ValueError("the period ends before it begins; give since earlier than until")
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"{self.timezone!r} is not a time zone; write it like Europe/Vienna or UTC") from None

    @property
    def first(self) -> int:
        """The start of the quarter hour that ``since`` lies in: counts are kept by quarter hours."""
        return self.since - self.since % QUARTER

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def width(self) -> str:
        """hour up to 3 days, day up to 120, week beyond."""
        length = self.until - self.since
        return "hour" if length <= _MOST_HOURLY else "day" if length <= _MOST_DAILY else "week"

    def previous(self) -> "Period":
        """As long, and a whole number of weeks earlier: the same weekdays at the same local hours."""
        return Period(self.earlier(self.since), self.earlier(self.until), self.timezone, self.now)

    def earlier(self, instant: int) -> int:
        """The instant of the period before that is compared with this one."""
        weeks = -((self.since - self.until) // (7 * DAY))
        return instant_of(self.local(instant).replace(tzinfo=None) - timedelta(weeks=weeks), self.zone)

    def local(self, instant: int) -> datetime:
        return (_EPOCH + timedelta(microseconds=instant)).astimezone(self.zone)

    @cached_property
    def edges(self) -> list[int]:
        """The starts of the buckets, and the end of the last one. A day of a change of clocks has 23 or 25 hours."""
        start = self._floor(self.local(self.first))
        edges = [instant_of(start, self.zone)]
        while edges[-1] < self.until:
            edges.append(self._next(edges[-1]))
        return edges

    def _floor(self, local: datetime) -> datetime:
        plain = local.replace(tzinfo=None, minute=0, second=0, microsecond=0)
        if self.width == "hour":
            return plain
        midnight = plain.replace(hour=0)
        return midnight - timedelta(days=midnight.weekday()) if self.width == "week" else midnight

    def _next(self, edge: int) -> int:
        if self.width == "hour":
            return edge + 3_600_000_000
        days = 7 if self.width == "week" else 1
        return instant_of(self.local(edge).replace(tzinfo=None) + timedelta(days=days), self.zone)


def instant_of(plain: datetime, zone: ZoneInfo) -> int:
    return (plain.replace(tzinfo=zone) - _EPOCH) // MICROSECOND
