"""What is ill? From signs of life and what waits to troubles, each with when it began."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from alerting.configuration.model import SelfWatch
from alerting.selfwatch.vitals import Vitals
from rules.instants import Duration, Instant

STORE, WORKER, LAG = "store", "worker", "lag"
_CHANNEL = "channel:"


@dataclass(frozen=True, slots=True)
class Trouble:
    """``why``: what was said of it last, by whoever refused."""

    key: str
    since: Instant
    why: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """``blind``: of whatever is not in ``troubles`` nothing is known, neither good nor bad."""

    troubles: Mapping[str, Trouble] = field(default_factory=dict)
    blind: bool = False


def of_channel(name: str) -> str:
    return _CHANNEL + name


def channel_in(key: str) -> str:
    """ "" where the trouble is not a channel's."""
    return key.removeprefix(_CHANNEL) if key.startswith(_CHANNEL) else ""


def diagnose(vitals: Vitals, limits: SelfWatch, channels: Iterable[str], awake_since: Instant, now: Instant) -> Found:
    """``awake_since``: nothing counts as bad for longer than somebody has been looking. A silent worker explains all
    the rest."""
    silent_since = max(vitals.beat_at, awake_since)
    if now - silent_since >= limits.after:
        return Found({WORKER: Trouble(WORKER, vitals.beat_at or awake_since)}, blind=True)
    if now - silent_since >= limits.after // 2:
        return Found(blind=True)
    found = [*_lag(vitals, limits.after), *_stuck(vitals, channels, limits.stuck_after)]
    return Found({each.key: each for each, limit in found if now - max(each.since, awake_since) >= limit})


def _lag(vitals: Vitals, limit: Duration) -> Iterator[tuple[Trouble, Duration]]:
    if vitals.waiting_since is not None:
        yield Trouble(LAG, vitals.waiting_since), limit


def _stuck(vitals: Vitals, channels: Iterable[str], limit: Duration) -> Iterator[tuple[Trouble, Duration]]:
    for name in channels:
        bad = [each[name] for each in (vitals.undelivered, vitals.refusing) if name in each]
        if bad:
            why = next((each.why for each in bad if each.why), "")
            yield Trouble(of_channel(name), min(each.at for each in bad), why), limit


def is_fit(vitals: Vitals, limits: SelfWatch, now: Instant) -> bool:
    """Whether the work goes on: batches are committed, nothing waits for long to be judged or to be tried."""
    late = [each for each in (vitals.waiting_since, vitals.due_since) if each is not None]
    return all(now - each < limits.after for each in (vitals.beat_at, *late))
