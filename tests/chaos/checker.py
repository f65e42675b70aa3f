"""Was anything lost, counted twice, left untold, or said twice or in the wrong order?

Knows what senders had acknowledged, what each receiver of messages heard, and the counts of the public API; nothing of
how Tocsin works. Every function gives sentences, one for each violation.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

OPENING = frozenset({"first", "late", "new_members", "recovered"})
BACK = frozenset({"reopened", "resolved", "recovered"})
FIRING = frozenset({"firing", "recovering"})
PATIENCE = 10.0  # seconds after which a sender of messages no longer waits for the answer
GRACE = 2.0  # seconds in which an answer is written down by a sender that nothing disturbs
Cause = tuple[str, str]  # workflow and type of error


@dataclass(frozen=True)
class Occurrence:
    """A run that a sender told of. ``error`` is "" for a good one."""

    workflow: str
    error: str
    run_id: str

    @property
    def cause(self) -> Cause:
        return self.workflow, self.error


@dataclass(frozen=True)
class Part:
    """What a message says of one alert."""

    alert: str
    cause: Cause
    reason: str
    state: str
    count: int

    @property
    def firing(self) -> bool:
        return self.state in FIRING


@dataclass(frozen=True)
class Heard:
    """One request that a receiver took in whole; ``status`` and ``answered_at`` are 0 where it gave no answer."""

    channel: str
    id: str
    parts: tuple[Part, ...]
    at: float
    status: int = 200
    answered_at: float = 0.0

    @property
    def delivered(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Disturbance:
    """From ``began`` to ``ended`` nothing could be written down; or, if it ``ends_sender``, whoever was sending may
    have been gone for good."""

    began: float
    ended: float
    ends_sender: bool


@dataclass(frozen=True)
class Counted:
    """What the API says at the end: each run with its outcome, each failure, the sums of groups and alerts, and the
    cause and state of each alert."""

    runs: Sequence[tuple[str, str, str]]
    failures: Sequence[Occurrence]
    groups: dict[Cause, int]
    alerted: dict[Cause, int]
    alerts: dict[str, tuple[Cause, str]]


@dataclass(frozen=True)
class Evidence:
    """``sent`` holds all that any sender tried to tell, ``acknowledged`` what it got a 2xx for."""

    sent: Sequence[Occurrence]
    acknowledged: Sequence[Occurrence]
    counted: Counted
    channels: Sequence[str]
    heard: Sequence[Heard] = ()
    disturbances: Sequence[Disturbance] = field(default=())


def violations(found: Evidence) -> list[str]:
    return [
        *lost_or_invented(found),
        *miscounted(found),
        *untold(found),
        *disordered(found.heard),
        *begun_twice(found.heard),
        *repeated(found.heard, found.disturbances),
    ]


def lost_or_invented(found: Evidence) -> Iterator[str]:
    """Every acknowledged run is there exactly once, with its outcome and its failure, and nothing nobody sent."""
    for name, there, acknowledged, sent in (
        ("failure", Counter(found.counted.failures), _bad(found.acknowledged), _bad(found.sent)),
        ("run", Counter(found.counted.runs), map(_as_run, found.acknowledged), map(_as_run, found.sent)),
    ):
        known = set(sent)
        yield from (
            f"lost: {name} {each} was acknowledged and is not there" for each in acknowledged if not there[each]
        )
        yield from (f"doubled: {name} {each} is there {times} times" for each, times in there.items() if times > 1)
        yield from (f"invented: {name} {each} was never sent" for each in there if each not in known)


def _bad(occurrences: Iterable[Occurrence]) -> list[Occurrence]:
    return list(dict.fromkeys(each for each in occurrences if each.error))


def _as_run(each: Occurrence) -> tuple[str, str, str]:
    return each.workflow, each.run_id, "failed" if each.error else "succeeded"


def miscounted(found: Evidence) -> Iterator[str]:
    """Error groups, and the alerts of a cause together, count what is there."""
    there = Counter(each.cause for each in found.counted.failures)
    for name, counts in (("error group", found.counted.groups), ("alerts", found.counted.alerted)):
        for cause in sorted(there.keys() | counts.keys()):
            if counts.get(cause, 0) != there[cause]:
                yield f"miscounted: {name} of {cause} say {counts.get(cause, 0)}, there are {there[cause]} failures"


def untold(found: Evidence) -> Iterator[str]:
    """Every alert was told on every channel; and, where it is over, that it is."""
    told = {(each.channel, part.alert) for each in found.heard if each.delivered
            for part in each.parts if part.reason in OPENING}  # fmt: skip
    last = {(each.channel, part.alert): part for each in _by_arrival(found.heard) if each.delivered
            for part in each.parts}  # fmt: skip
    alerted = {cause for cause, _ in found.counted.alerts.values()}
    for cause in sorted({each.cause for each in _bad(found.acknowledged)} - alerted):
        yield f"untold: {cause} failed and there is no alert of it"
    for alert, (cause, state) in found.counted.alerts.items():
        for channel in found.channels:
            if (channel, alert) not in told:
                yield f"untold: {channel} never heard that {cause} fails (alert {alert})"
            elif state == "resolved" and last[channel, alert].firing:
                yield f"untold: {channel} never heard that {cause} is over (alert {alert})"


def _by_arrival(heard: Iterable[Heard]) -> list[Heard]:
    return sorted(heard, key=lambda each: each.at)


def _by_alert(heard: Iterable[Heard]) -> dict[tuple[str, str], list[tuple[Heard, Part]]]:
    """What each channel heard of each alert, in the order in which it came."""
    found: dict[tuple[str, str], list[tuple[Heard, Part]]] = defaultdict(list)
    for each in _by_arrival(heard):
        for part in each.parts:
            found[each.channel, part.alert].append((each, part))
    return found


def _story(said: Iterable[tuple[Heard, Part]]) -> str:
    return "".join(
        f"\n  {each.at:.2f} {each.id[:8]} {part.reason}, {part.state}, {part.count} → {each.status or 'no answer'}"
        for each, part in said
    )


def disordered(heard: Iterable[Heard]) -> Iterator[str]:
    """What is heard of an alert never goes back: not its count, and not from over to firing, unless it is back."""
    for (channel, alert), said in _by_alert(heard).items():
        for (before, earlier), (after, later) in pairwise(said):
            if later.count < earlier.count:
                counts = f"{earlier.count} failures, then {later.count}"
                yield f"disordered: {channel} heard of {alert} {counts} ({after.id}){_story(said)}"
            elif not earlier.firing and later.firing and not _is_back(before, earlier, after, later):
                yield f"disordered: {channel} heard that {alert} was over, then that it fires{_story(said)}"


def _is_back(before: Heard, earlier: Part, after: Heard, later: Part) -> bool:
    """It failed since, and that it is back is said, or is to follow: a message of an end that comes while it is back
    already shows the state of now. And of what its sender cannot know to be heard the next try may say all at once."""
    unknown = not before.delivered or before.id == after.id
    return later.count > earlier.count and (later.reason in BACK or unknown)


def begun_twice(heard: Iterable[Heard]) -> Iterator[str]:
    """One alert begins once on each channel: however often it is tried, under one id."""
    for (channel, alert), said in _by_alert(heard).items():
        ids = {each.id for each, part in said if part.reason in OPENING}
        if len(ids) > 1:
            yield f"begun twice: {channel} heard that {alert} began under {len(ids)} ids{_story(said)}"


def repeated(heard: Iterable[Heard], disturbances: Sequence[Disturbance]) -> Iterator[str]:
    """A message that was delivered comes once more only if its sender cannot have written the answer down."""
    by_id: dict[tuple[str, str], list[Heard]] = defaultdict(list)
    for each in _by_arrival(heard):
        by_id[each.channel, each.id].append(each)
    for (channel, message), tries in by_id.items():
        for before, after in pairwise(tries):
            if before.delivered and not may_be_unwritten(before, disturbances):
                yield (
                    f"repeated: {channel} heard {message} at {before.at:.2f}, answered {before.status} at "
                    f"{before.answered_at:.2f}, and heard it again at {after.at:.2f}"
                )


def may_be_unwritten(heard: Heard, disturbances: Iterable[Disturbance]) -> bool:
    """Whether the sender gave up waiting for this answer, or was gone before it could write it down."""
    if heard.answered_at - heard.at >= PATIENCE:
        return True
    until = heard.answered_at + GRACE
    for each in sorted(disturbances, key=lambda each: each.began):
        if each.began > until:
            break
        if each.ended >= heard.at:
            if each.ends_sender:
                return True
            until = max(until, each.ended + GRACE)
    return False
