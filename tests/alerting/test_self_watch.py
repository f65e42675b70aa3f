"""When is it told that Tocsin itself is ill, how often, and when that it is over? Time is an argument."""

import pytest

from alerting.configuration.model import SelfWatch
from alerting.selfwatch.episodes import sayings, step, told, unheard
from alerting.selfwatch.troubles import STORE, Found, Trouble, diagnose, is_fit
from alerting.selfwatch.vitals import Since, Vitals
from alerting.selfwatch.wording import message
from rules.instants import DAY, HOUR, MINUTE, SECOND

LIMITS = SelfWatch(channel="mail")
BEGIN = 1_800_000_000 * SECOND
EVERY = 15 * SECOND
WELL = (0, None)


class Watch:
    """Looks every 15 s at what ``fares(t)`` gives, in seconds since the beginning; whoever is told hears it."""

    def __init__(self, fares, hears=lambda t: True):
        self._fares, self._hears = fares, hears
        self.episodes = {}
        self.told = []

    def until(self, seconds, start=0):
        for t in range(start, seconds, EVERY // SECOND):
            self._look(t)
        return self.told

    def _look(self, t):
        now = BEGIN + t * SECOND
        found = diagnose(self._fares(t), LIMITS, ("ops", "mail"), BEGIN, now)
        self.episodes = step(self.episodes, found, LIMITS, now)
        for saying in sayings(self.episodes, found, now):
            if self._hears(t):
                self.told.append((t, saying.key, saying.reason))
                left = told(saying, {}, LIMITS, now)
            else:
                left = unheard(saying, now)
            self.episodes.pop(saying.key)
            self.episodes |= {saying.key: left} if left else {}


def at(seconds):
    return BEGIN + round(seconds * SECOND)


def stopped(begin, end):
    """The worker gives no sign of life from ``begin`` to ``end``; what came in waits, what was owed stays so."""

    def fares(t):
        if not begin <= t < end:
            return Vitals(beat_at=at(t - 3))
        return Vitals(at(begin - 3), at(begin + 1), at(begin), {"ops": Since(at(begin))})

    return fares


def test_a_worker_that_stops_is_told_once_within_two_minutes_and_once_that_it_is_over():
    assert Watch(stopped(100, 1000)).until(3000) == [(165, "worker", "first"), (1065, "worker", "resolved")]


def test_a_worker_that_is_away_for_less_than_a_minute_is_nobody_s_business():
    assert Watch(stopped(100, 150)).until(3000) == []


def test_there_is_a_reminder_every_hour():
    found = Watch(stopped(100, 100_000)).until(3 * 3600)
    assert found == [(165, "worker", "first"), (3765, "worker", "reminder"), (7365, "worker", "reminder")]


def test_one_that_comes_and_goes_is_one_episode():
    def fares(t):
        return stopped(100, 400)(t) if t < 420 else stopped(420, 900)(t)

    assert Watch(fares).until(3000) == [(165, "worker", "first"), (960, "worker", "resolved")]


def lagging(begin, end):
    return lambda t: Vitals(at(t), waiting_since=at(begin) if begin <= t < end else None)


def owing(begin, end, channel="ops", why="HTTP 500"):
    owed = {channel: Since(at(begin), why)}
    return lambda t: Vitals(at(t), undelivered=owed if begin <= t < end else {})


def refusing(begin, end):
    return lambda t: Vitals(at(t), refusing={"ops": Since(at(begin), "HTTP 404")} if begin <= t < end else {})


@pytest.mark.parametrize(
    ("fares", "expected"),
    [
        (lagging(100, 130), []),
        (lagging(100, 400), [(165, "lag", "first"), (465, "lag", "resolved")]),
        (owing(100, 210), []),
        (owing(100, 400), [(225, "channel:ops", "first"), (465, "channel:ops", "resolved")]),
        (refusing(100, 400), [(225, "channel:ops", "first"), (465, "channel:ops", "resolved")]),
        (owing(100, 400, channel="gone"), []),
        (lambda t: Vitals(at(t)), []),
        (lambda t: Vitals(), [(60, "worker", "first")]),  # none was ever there
        (lambda t: Vitals(at(-DAY // SECOND)) if t < 30 else Vitals(at(t)), []),  # the night before does not count
        (lambda t: Vitals(at(t), at(-5000)) if t < 50 else Vitals(at(t)), []),
    ],
)
def test_what_is_told_of_each_trouble(fares, expected):
    assert Watch(fares).until(1200) == expected


def test_what_was_ill_before_the_worker_stopped_is_still_over_afterwards():
    def fares(t):
        return owing(50, 2000)(t) if not 300 <= t < 900 else stopped(300, 900)(t)

    assert Watch(fares).until(3000) == [
        (180, "channel:ops", "first"),
        (360, "worker", "first"),
        (960, "worker", "resolved"),
        (2070, "channel:ops", "resolved"),
    ]


def test_what_nobody_heard_is_tried_again_less_and_less_often():
    tried = []
    watch = Watch(stopped(100, 10_000), lambda t: tried.append(t) or t > 1000)
    assert watch.until(1500) == [(1110, "worker", "first")]
    assert tried == [165, 180, 210, 270, 390, 630, 1110]


def test_what_nobody_ever_heard_of_is_over_without_a_word():
    assert Watch(stopped(100, 400), lambda t: t > 400).until(1500) == []


def test_that_it_is_over_is_given_up_after_a_day():
    watch = Watch(stopped(100, 400), lambda t: t < 400)
    watch.until(400 + 2 * DAY // SECOND)
    assert watch.episodes == {}


def test_while_the_store_is_away_nothing_is_said_of_the_rest():
    watch = Watch(owing(0, 300))
    watch.until(300)
    before = watch.episodes
    now = at(10_000)
    away = Found({STORE: Trouble(STORE, at(9_000))}, blind=True)
    assert step(before, Found(blind=True), LIMITS, now) == before
    assert sayings(before, away, now) == []


@pytest.mark.parametrize(
    ("vitals", "fit"),
    [
        (Vitals(at(0)), True),
        (Vitals(at(-59)), True),
        (Vitals(at(-60)), False),
        (Vitals(), False),
        (Vitals(at(0), waiting_since=at(-60)), False),
        (Vitals(at(0), waiting_since=at(-5)), True),
        (Vitals(at(0), due_since=at(-60)), False),
        (Vitals(at(0), undelivered={"ops": Since(at(-9000))}), True),  # the receiver is ill, not Tocsin
    ],
)
def test_the_ping_says_that_the_work_goes_on(vitals, fit):
    assert is_fit(vitals, LIMITS, BEGIN) is fit


def said(fares, seconds):
    """The messages for "mail", in order."""
    watch, found = Watch(fares), []
    for t in range(0, seconds, EVERY // SECOND):
        before, watch.told = dict(watch.episodes), []
        now = at(t)
        diagnosed = diagnose(fares(t), LIMITS, ("ops", "mail"), BEGIN, now)
        due = sayings(step(before, diagnosed, LIMITS, now), diagnosed, now)
        found += [message(each, "mail", "http://t", now) for each in due]
        watch._look(t)
    return found


def test_the_message_says_what_is_wrong_since_when_what_it_means_and_what_to_do():
    first, reminder, over = said(stopped(100, 4000), 5000)
    assert first.title == "[critical] Tocsin itself: the worker gives no sign of life"
    assert first.text.startswith(
        "The worker gives no sign of life, since 2027-01-15T08:01:37Z (1m 8s).\n\nWhat comes in is"
    )
    assert "has to be ended" in first.text
    assert (first.reason, first.severity, first.ends, first.alerts) == ("first", "critical", False, ())
    assert reminder.title == "[critical] still: Tocsin itself: the worker gives no sign of life"
    assert (over.reason, over.ends) == ("resolved", True)
    assert over.text.startswith(
        "The worker works again, since 2027-01-15T09:06:45Z. It was ill from 2027-01-15T08:01:37Z"
    )
    assert len({each.id for each in (first, reminder, over)}) == 3
    assert len({each.conversation for each in (first, reminder, over)}) == 1


def test_what_a_receiver_answered_is_told_without_what_a_terminal_obeys():
    [first, *_] = said(owing(100, 400, why="HTTP 500: \x1b[31mred\u202e\nBcc: x"), 300)
    assert "Last it was said: HTTP 500: red Bcc: x." in first.text
    assert "tocsin send-test ops" in first.text


def test_limits_that_nobody_could_keep_are_refused():
    with pytest.raises(ValueError, match="10s or longer"):
        SelfWatch(channel="mail", after="5s")
    assert LIMITS.after == MINUTE
    assert LIMITS.remind_every == HOUR
