"""What is to be told of a trouble, and when? Once when it is clear, then now and then, and once that it is over."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from alerting.configuration.model import SelfWatch
from alerting.selfwatch.troubles import WORKER, Found, Trouble
from rules.instants import DAY, MINUTE, SECOND, Duration, Instant

FIRST, REMINDER, OVER = "first", "reminder", "resolved"
_FIRST_WAIT: Duration = 15 * SECOND
_LONGEST_WAIT: Duration = 15 * MINUTE


class Episode(msgspec.Struct, frozen=True, omit_defaults=True):
    """``told_at`` 0: nobody heard yet. ``next_at``: when there is something to tell. ``well_since`` 0: still bad.
    ``handles``: what each receiver called the first message, by channel and target."""

    since: Instant
    why: str = ""
    told_at: Instant = 0
    next_at: Instant = 0
    tries: int = 0
    well_since: Instant = 0
    handles: dict[str, str] = {}


Episodes: TypeAlias = Mapping[str, Episode]


@dataclass(frozen=True, slots=True)
class Saying:
    key: str
    reason: str
    episode: Episode


def step(episodes: Episodes, found: Found, limits: SelfWatch, now: Instant) -> dict[str, Episode]:
    """What follows from a look. While it is open that the worker was silent, what waits and what is owed is its doing:
    of that nothing is said."""
    after: dict[str, Episode] = {}
    for key in {**episodes, **found.troubles}:
        before, trouble = episodes.get(key), found.troubles.get(key)
        unknown = (found.blind and trouble is None) or (key != WORKER and WORKER in episodes)
        episode = before if unknown else _next(before, trouble, limits, now)
        if episode is not None:
            after[key] = episode
    return after


def _next(episode: Episode | None, trouble: Trouble | None, limits: SelfWatch, now: Instant) -> Episode | None:
    if trouble is not None:
        return _bad(episode, trouble, limits, now)
    if episode is None or not episode.told_at:
        return None
    return episode if episode.well_since else replace(episode, well_since=now, next_at=now + limits.after, tries=0)


def _bad(episode: Episode | None, trouble: Trouble, limits: SelfWatch, now: Instant) -> Episode:
    if episode is None:
        return Episode(trouble.since, trouble.why, next_at=now)
    if episode.well_since:  # it was not over
        episode = replace(episode, well_since=0, next_at=episode.told_at + limits.remind_every, tries=0)
    return replace(episode, why=trouble.why or episode.why)


def sayings(episodes: Episodes, found: Found, now: Instant) -> list[Saying]:
    """What is due. Of what is not known just now nothing is said."""
    known = {key for key in episodes if not found.blind or key in found.troubles}
    silenced = WORKER in episodes
    return [
        Saying(key, _reason(episode), episode)
        for key, episode in episodes.items()
        if key in known and episode.next_at <= now and (key == WORKER or not silenced)
    ]


def _reason(episode: Episode) -> str:
    if episode.well_since:
        return OVER
    return REMINDER if episode.told_at else FIRST


def told(saying: Saying, handles: dict[str, str], limits: SelfWatch, now: Instant) -> Episode | None:
    """What is left once somebody heard it."""
    if saying.reason == OVER:
        return None
    kept = {**saying.episode.handles, **handles}
    return replace(saying.episode, told_at=now, next_at=now + limits.remind_every, tries=0, handles=kept)


def unheard(saying: Saying, now: Instant) -> Episode | None:
    """It is tried again, less and less often; that something is over, for a day."""
    episode = saying.episode
    if episode.well_since and now - episode.well_since >= DAY:
        return None
    wait = min(_LONGEST_WAIT, _FIRST_WAIT << min(episode.tries, 10))
    return replace(episode, tries=episode.tries + 1, next_at=now + wait)
