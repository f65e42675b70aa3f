"""Does the receiver tell that Tocsin is ill, past worker and outbox? Over real stores, to real receivers."""

import threading

import pytest
from sqlalchemy import text

from alerting.clock import ManualClock
from alerting.cluster.membership import LEASE
from alerting.cluster.tables import WORKER
from alerting.database.port import StoreUnavailable
from alerting.database.postgresql import open_postgresql
from alerting.database.sqlite import open_sqlite
from alerting.selfwatch.telling import Teller
from alerting.selfwatch.watcher import Watcher, within
from alerting.settings import Settings
from alerting.storage import messages, progress
from alerting.storage.progress import Progress
from alerting.wiring import activator
from rules.instants import HOUR, MINUTE, SECOND
from support.databases import Database
from support.sinks import Answer, HttpSink

START = 1_795_500_000 * SECOND
STEP = 15 * SECOND


@pytest.fixture(params=["sqlite", "postgresql"])
def store(tmp_path, request):
    database = Database() if request.param == "postgresql" else None
    opened = open_postgresql(database.url, 6) if database else open_sqlite(tmp_path)
    yield opened
    opened.close()
    if database:
        database.drop()


class Refusing:
    """A store that ``refuses`` to be read, written, or both."""

    shared = False

    def __init__(self, store):
        self._store, self.refuses = store, set()

    def read(self):
        return self._asked("read")

    def write(self):
        return self._asked("write")

    def _asked(self, how):
        if how in self.refuses:
            raise StoreUnavailable("database is locked")
        return getattr(self._store, how)()

    def close(self):
        self._store.close()


class Stage:
    """Receivers that look at one store, and a worker that is nothing but its signs of life."""

    def __init__(self, store, text):
        self.store, self.clock = store, ManualClock(START)
        self.active = activator(Settings(public_url="http://t"), {})(text)
        self.oldest = None

    def receiver(self, store=None):
        oldest = lambda _connection, _done: self.oldest  # noqa: E731
        return Watcher(store or self.store, self.clock, lambda: self.active, oldest, Teller(Settings(), {}))

    def beat(self):
        now = self.clock.now()
        with self.store.write() as connection:
            if self.store.shared:
                connection.execute(WORKER.delete())
                connection.execute(
                    WORKER.insert().values(id="w", host="h", pid=1, started_at=now, leased_until=now + LEASE)
                )
            else:
                progress.save(connection, Progress(beat_at=now))

    def look(self, *receivers, beats=False, times=1):
        for _ in range(times):
            self.clock.sleep(STEP)
            if beats:
                self.beat()
            for each in receivers:
                each.look()


def config(sink, more="", channels=""):
    return f"""
channels:
  spare: {{type: webhook, url: "{sink.url}"}}
{channels}
self: {{channel: spare{more}}}
"""


def reasons(sink):
    return [request.json["reason"] for request in sink.requests]


def test_a_worker_that_stops_is_told_and_that_it_is_over(store):
    with HttpSink() as sink:
        stage = Stage(store, config(sink))
        receiver = stage.receiver()
        stage.look(receiver, beats=True)
        stage.look(receiver, times=3)
        assert sink.requests == []
        stage.look(receiver, times=2)
        assert [each.key for each in receiver.watched.troubles] == ["worker"]
        stage.look(receiver, beats=True, times=8)
        [first, over] = [request.json for request in sink.requests]
    assert (first["reason"], first["severity"], first["alerts"]) == ("first", "critical", [])
    assert "gives no sign of life" in first["title"]
    assert over["reason"] == "resolved"
    assert receiver.watched.troubles == ()


def test_what_was_told_is_remembered_by_the_next_receiver(store):
    with HttpSink() as sink:
        stage = Stage(store, config(sink))
        stage.beat()
        stage.look(stage.receiver(), times=6)
        stage.clock.sleep(MINUTE)
        other = stage.receiver()
        stage.look(other, times=10)
        assert reasons(sink) == ["first"]
        stage.look(other, beats=True, times=6)
        assert reasons(sink) == ["first", "resolved"]


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_of_two_receivers_one_tells_and_the_other_takes_over_when_it_ends(store):
    with HttpSink() as sink:
        stage = Stage(store, config(sink))
        one, other = stage.receiver(), stage.receiver()
        stage.beat()
        stage.look(one, other, times=6)
        assert reasons(sink) == ["first"]
        assert [one.watched.keeps_watch, other.watched.keeps_watch] == [True, False]
        stage.look(other, times=3)  # the first one has gone
        assert other.watched.keeps_watch
        stage.look(other, beats=True, times=6)
        assert reasons(sink) == ["first", "resolved"]


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_a_receiver_that_leaves_gives_the_watch_back_at_once(store):
    with HttpSink() as sink:
        stage = Stage(store, config(sink))
        one, other = stage.receiver(), stage.receiver()
        stage.look(one, other)
        stopping = threading.Event()
        stopping.set()
        one.run(stopping)
        other.look()
        assert other.watched.keeps_watch


def test_a_channel_that_owes_is_told_by_its_name(store):
    with HttpSink() as sink, HttpSink() as gone:
        channels = f'  ops: {{type: webhook, url: "{gone.url}"}}'
        stage = Stage(store, config(sink, channels=channels))
        receiver = stage.receiver()
        owe(stage, "ops")
        stage.look(receiver, beats=True, times=7)
        assert sink.requests == []
        stage.look(receiver, beats=True, times=2)
        [told] = [request.json for request in sink.requests]
        with store.write() as connection:
            connection.execute(text("DELETE FROM outbox"))
        stage.look(receiver, beats=True, times=6)
        assert reasons(sink) == ["first", "resolved"]
    assert told["title"] == "[high] Tocsin itself: channel ops does not deliver"
    assert "HTTP 500: it hurts" in told["text"]


def owe(stage, channel):
    now = stage.clock.now()
    row = {"notification": "n1", "channel": channel, "target": "url", "conversation": "c", "number": 1}
    tried = {"receipt": "unreachable", "detail": "HTTP 500: it hurts", "at": now, "attempt": 1}
    with stage.store.write() as connection:
        messages.hand_over(connection, [{**row, "next_attempt_at": now, "created_at": now}])
        messages.log(connection, {"notification": "n1", "channel": channel, "target": "url", **tried})


def test_if_the_channel_itself_is_ill_its_fallback_is_told(store):
    with HttpSink(default=Answer(404)) as ill, HttpSink() as other:
        written = f"""
channels:
  spare: {{type: webhook, url: "{ill.url}", fallback: other}}
  other: {{type: webhook, url: "{other.url}"}}
self: {{channel: spare}}
"""
        stage = Stage(store, written)
        receiver = stage.receiver()
        with store.write() as connection:
            messages.set_health(connection, "spare", False, "HTTP 404", stage.clock.now())
        stage.look(receiver, beats=True, times=10)
        [told] = other.requests
    assert "channel spare does not deliver" in told.json["title"]
    assert ill.requests == []


def test_if_the_channel_refuses_its_fallback_is_told(store):
    with HttpSink(default=Answer(500)) as ill, HttpSink() as other:
        written = f"""
channels:
  spare: {{type: webhook, url: "{ill.url}", fallback: other}}
  other: {{type: webhook, url: "{other.url}"}}
self: {{channel: spare}}
"""
        stage = Stage(store, written)
        stage.beat()
        stage.look(stage.receiver(), times=6)
        assert [len(ill.requests), len(other.requests)] == [1, 1]


def test_what_is_refused_in_full_is_told_in_the_plain_form_and_what_is_not_heard_again(store):
    answers = [Answer(503), Answer(422), Answer(200)]
    with HttpSink(answers) as sink:
        stage = Stage(store, config(sink))
        stage.beat()
        stage.look(stage.receiver(), times=8)
        assert len(sink.requests) == 3
        assert len({request.json["id"] for request in sink.requests}) == 1


def test_a_store_that_is_away_is_told_once_and_then_nothing_of_the_worker(tmp_path):
    with HttpSink() as sink:
        refusing = Refusing(open_sqlite(tmp_path))
        stage = Stage(refusing, config(sink))
        receiver = stage.receiver()
        stage.look(receiver, beats=True, times=2)
        refusing.refuses = {"read", "write"}
        stage.look(receiver, times=10)
        [first] = [request.json for request in sink.requests]
        refusing.refuses = set()
        stage.look(receiver)  # the worker had no chance yet
        stage.look(receiver, beats=True, times=6)
        assert reasons(sink) == ["first", "resolved"]
        refusing.close()
    assert first["title"] == "[critical] Tocsin itself: the state store cannot be used"


def test_a_store_that_is_broken_is_told_like_one_that_is_away(tmp_path):
    with HttpSink() as sink:
        store = open_sqlite(tmp_path)
        stage = Stage(store, config(sink))
        receiver = stage.receiver()
        stage.look(receiver, beats=True)
        with store.write() as connection:
            connection.execute(text("DROP TABLE progress"))
        stage.look(receiver, times=8)
        [told] = [request.json for request in sink.requests]
        store.close()
    assert "the state store cannot be used" in told["title"]
    assert "SELECT" not in told["text"]


def test_while_it_cannot_be_noted_what_was_told_is_told_once_all_the_same(tmp_path):
    with HttpSink() as sink:
        refusing = Refusing(open_sqlite(tmp_path))
        stage = Stage(refusing, config(sink))
        receiver = stage.receiver()
        stage.look(receiver, beats=True)
        refusing.refuses = {"write"}  # as when the worker was stopped in the middle of a transaction
        stage.look(receiver, times=20)
        assert reasons(sink) == ["first"]
        refusing.refuses = set()
        stage.look(receiver)
        stage.look(stage.receiver(), times=5)
        assert reasons(sink) == ["first"]
        refusing.close()


def test_a_machine_that_slept_is_no_worker_that_is_silent(store):
    with HttpSink() as sink:
        stage = Stage(store, config(sink))
        receiver = stage.receiver()
        stage.look(receiver, beats=True)
        stage.clock.sleep(8 * HOUR)
        receiver.look()
        stage.look(receiver, beats=True, times=5)
        assert sink.requests == []


def test_without_a_channel_nobody_is_told(store):
    stage = Stage(store, 'self: {ping_url: "http://127.0.0.1:1/x"}')
    receiver = stage.receiver()
    stage.look(receiver, times=10)
    assert (receiver.watched.looked_at, receiver.watched.troubles) == (stage.clock.now(), ())


def test_an_answer_that_does_not_come_counts_as_away():
    hangs = threading.Event()
    with pytest.raises(StoreUnavailable, match="no answer within"):
        within(0.05, hangs.wait)
    hangs.set()
    assert within(5, lambda: 7) == 7
