"""How is it said that Tocsin itself is ill? What is wrong, since when, what that means, and what to do."""

import hashlib
from dataclasses import dataclass

from alerting.selfwatch.episodes import FIRST, OVER, REMINDER, Saying
from alerting.selfwatch.troubles import LAG, STORE, WORKER, channel_in
from notifiers.message import Message
from notifiers.wording import plain_line
from rules.instants import SECOND, Duration, Instant, format_duration, format_instant

_LEADS = {FIRST: "", REMINDER: "still: ", OVER: "resolved: "}


@dataclass(frozen=True, slots=True)
class _Words:
    """``bad`` and ``good`` are what a title says; ``means`` is for who relies on Tocsin, ``do`` for who can mend it."""

    severity: str
    bad: str
    good: str
    means: str
    do: str


_WORDS = {
    WORKER: _Words(
        "critical",
        "the worker gives no sign of life",
        "the worker works again",
        "What comes in is kept. Until the worker goes on nothing is judged and nobody is told of failures; then all of "
        "it is, in its order.",
        "See whether the worker's process runs and what its log says; one that hangs has to be ended. `tocsin serve` "
        "starts one that ended anew by itself; `tocsin worker` has to be started by whoever started it before.",
    ),
    LAG: _Words(
        "high",
        "judging is behind",
        "judging has caught up",
        "What comes in is kept. Failures are told late, by as much as judging is behind.",
        "See /metrics for how much waits (tocsin_accepted less tocsin_processed), and the worker's log for errors. If "
        "more comes in than one worker can do, run more of them over PostgreSQL.",
    ),
    STORE: _Words(
        "critical",
        "the state store cannot be used",
        "the state store can be used again",
        "While it is away nothing is judged and nobody is told of failures. What was taken in is kept; what is not "
        "taken in is answered with 503, so that senders send it again.",
        "See whether the database runs and can be reached, and whether its disk is full.",
    ),
}
_CHANNEL = _Words(
    "high",
    "channel {name} does not deliver",
    "channel {name} delivers again",
    "Whoever is told by {name} alone hears nothing. Messages that may still get through are kept and tried again for a "
    "day; what it refused for good went to its fallback, if it has one.",
    "See whether the service at the other end is up, and whether address and credentials still hold; "
    "`tocsin send-test {name}` tries it.",
)


def message(saying: Saying, channel: str, url: str, now: Instant) -> Message:
    """Without alerts: it is about none. The id stays the same while it is tried."""
    episode, words = saying.episode, _words(saying.key)
    state = words.good if saying.reason == OVER else words.bad
    conversation = f"self:{saying.key}:{episode.since}"
    return Message(
        id=_id(f"{conversation}:{saying.reason}:{episode.told_at}:{episode.well_since}"),
        channel=channel,
        reason=saying.reason,
        severity=words.severity,
        title=f"[{words.severity}] {_LEADS[saying.reason]}Tocsin itself: {state}",
        text=_over(saying, words) if saying.reason == OVER else _ill(saying, words, now),
        alerts=(),
        links={"overview": url},
        sent_at=format_instant(now - now % SECOND),
        conversation=conversation,
        ends=saying.reason == OVER,
    )


def _words(key: str) -> _Words:
    name = channel_in(key)
    if not name:
        return _WORDS[key]
    return _Words(
        _CHANNEL.severity,
        *(each.format(name=name) for each in (_CHANNEL.bad, _CHANNEL.good, _CHANNEL.means, _CHANNEL.do)),
    )


def _ill(saying: Saying, words: _Words, now: Instant) -> str:
    since = saying.episode.since
    why = f" Last it was said: {plain_line(saying.episode.why, 300)}." if saying.episode.why else ""
    return f"{_capital(words.bad)}, since {_at(since)} ({_long(now - since)}).{why}\n\n{words.means}\n\n{words.do}"


def _over(saying: Saying, words: _Words) -> str:
    since, well = saying.episode.since, saying.episode.well_since
    return (
        f"{_capital(words.good)}, since {_at(well)}. It was ill from {_at(since)}, for {_long(well - since)}. "
        "What was kept meanwhile is judged and told from then on."
    )


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _at(instant: Instant) -> str:
    return format_instant(instant - instant % SECOND)


def _long(duration: Duration) -> str:
    return format_duration(max(SECOND, duration - duration % SECOND))


def _id(text: str) -> str:
    return "self-" + hashlib.sha256(text.encode()).hexdigest()[:24]
