"""A process of its own reads the next batch: it reads the same, and nothing depends on whether it lives."""

import os
import signal
import time

import pytest

from alerting.consumer import ahead, embedded
from alerting.consumer.ahead import AFTER_A_FAULT, UNUSED, Ahead, Batch
from alerting.consumer.decoding import decode, prints_of
from alerting.consumer.reading import Asked, answer, asked_to, told_of
from alerting.inbox.port import Entry, InboxRow, Position
from alerting.ingest.otlp import JSON, PROTOBUF
from alerting.scrub import Scrubber
from rules.fingerprint import fingerprint
from rules.instants import SECOND
from support.house import House
from support.otlp import logs, record, span, traces

NOW = 1_795_500_000 * SECOND
SCRUBBED = ("shoe",), ("plain[0-9]+",)
START = Position("x", 7)


def failing(first, count):
    return traces(
        [span(f"w{n % 3}", NOW, trace=n, failed=True, message=f"item {n}") for n in range(first, first + count)]
    )


BODIES = [
    ("traces", failing(1, 5), PROTOBUF),
    ("traces", traces([span("good", NOW, trace=9), span("step", NOW, trace=9, number=2, parent=1)]), PROTOBUF),
    ("logs", logs([record("it broke", NOW, **{"exception.type": "Boom", "tocsin.workflow": "w"})]), PROTOBUF),
    (
        "events",
        b'{"workflow":"a","outcome":"failed","error":"plain77, shoe=secret","labels":{"shoe":"x"}}',
        JSON,
    ),
    ("events", b'[{"workflow":"a","outcome":"running","silent_after":"5m"},{"workflow":"b","outcome":"lost"}]', JSON),
    ("changes", b'[{"title":"2.1","at":1795500000000000,"id":"c","source":""}]', JSON),
    ("webhook:github", b'{"action":"completed","workflow_run":{"name":"ci","id":5,"conclusion":"failure"}}', JSON),
    ("traces", b"\xff\xffno protobuf", PROTOBUF),
    ("events", b"{", JSON),
]


def rows_of(bodies):
    return [InboxRow(Position("x", 8 + n), NOW + n, Entry(kind, body, media, "", 1))
            for n, (kind, body, media) in enumerate(bodies)]  # fmt: skip


def ready(reader):
    until = time.monotonic() + 20
    while not reader.is_free(NOW):
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.fixture
def reader():
    reader = Ahead()
    yield reader
    reader.close()


def test_what_is_read_elsewhere_is_what_would_be_read_here():
    rows = rows_of(BODIES)
    read = told_of.decode(answer(asked_to.encode(Asked(*SCRUBBED, tuple(rows)))))
    here = [decode(row, Scrubber(*SCRUBBED)) for row in rows]
    assert sum(len(each.facts) for each in here) >= 9
    assert [bool(each.unreadable) for each in here] == [False] * 7 + [True] * 2
    for there, each in zip(read, here, strict=True):
        assert (there.facts, there.changes, there.seen) == (each.facts, each.changes, each.seen)
        assert (there.unreadable, there.note, there.row.at) == (each.unreadable, each.note, each.row.at)
        assert there.row.entry.body == b""
        assert there.prints == prints_of(each.facts)


def test_prints_are_those_that_would_be_made_here():
    made = prints_of(decode(rows_of(BODIES)[0], Scrubber()).facts)
    assert len({each.made.group for each in made}) == 3
    assert [each.made for each in made] == [fingerprint(each.workflow, each.step, each.error) for each in made]


def test_a_batch_is_had_once_and_only_in_its_place(reader):
    assert not reader.is_free(NOW)  # it was started just now
    ready(reader)
    rows = rows_of(BODIES)
    reader.begin(Batch(START, rows, SCRUBBED), NOW)
    assert not reader.is_free(NOW)
    assert reader.take(Position("x", 6), SCRUBBED, NOW) is None  # it is not its turn yet
    taken, decoded = reader.take(START, SCRUBBED, NOW)
    assert taken == rows
    assert [each.row for each in decoded] == rows
    assert reader.take(START, SCRUBBED, NOW) is None


@pytest.mark.parametrize(("after", "scrubbed"), [(Position("x", 8), SCRUBBED), (START, ((), ()))])
def test_what_was_passed_by_or_scrubbed_otherwise_is_not_had(reader, after, scrubbed):
    ready(reader)
    reader.begin(Batch(START, rows_of(BODIES), SCRUBBED), NOW)
    assert reader.take(after, scrubbed, NOW) is None
    reader.begin(Batch(START, rows_of(BODIES[:2]), SCRUBBED), NOW)
    assert len(reader.take(START, SCRUBBED, NOW)[1]) == 2


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_one_that_dies_or_hangs_is_not_waited_for_and_followed_by_another(reader, number, monkeypatch):
    monkeypatch.setattr(ahead, "PATIENCE_SECONDS", 0.3)
    ready(reader)
    process = reader._process
    os.kill(process.pid, number)
    reader.begin(Batch(START, rows_of(BODIES), SCRUBBED), NOW)
    assert reader.take(START, SCRUBBED, NOW) is None
    assert process.returncode == -signal.SIGKILL
    assert not reader.is_free(NOW + AFTER_A_FAULT - 1)
    assert reader._process is None
    reader.is_free(NOW + AFTER_A_FAULT)
    ready(reader)


def test_one_that_dies_unused_is_seen_when_it_is_needed(reader):
    ready(reader)
    reader._process.kill()
    reader._process.wait()
    reader.begin(Batch(START, rows_of(BODIES), SCRUBBED), NOW)
    assert reader.take(START, SCRUBBED, NOW) is None


def test_files_of_the_folder_it_is_started_in_are_not_taken_for_its_own(reader, tmp_path, monkeypatch):
    (tmp_path / "rules.py").write_text("raise SystemExit('not these')")
    monkeypatch.chdir(tmp_path)
    ready(reader)


def test_one_that_nobody_needs_ends(reader):
    ready(reader)
    process = reader._process
    reader.rest(NOW + UNUSED - 1)
    assert process.poll() is None
    reader.rest(NOW + UNUSED)
    assert process.returncode is not None
    reader.rest(NOW + UNUSED)


def state_of(house):
    house.pass_time(60 * SECOND)
    runs = house.rows("SELECT id, outcome, error_group, detail FROM run ORDER BY id")
    groups = house.rows("SELECT id, count, components FROM error_group ORDER BY id")
    failures = house.rows("SELECT id, run, cause, novelty FROM failure ORDER BY id")
    alerts = house.rows("SELECT body FROM alert_state ORDER BY key")
    return runs, groups, failures, alerts


@pytest.mark.parametrize("dies", [False, True])
def test_a_backlog_comes_out_the_same_whoever_reads_it(tmp_path, monkeypatch, dies):
    """Batches of ten bodies, of which every other one is read elsewhere; with ``dies``, the reader dies half way."""
    monkeypatch.setattr(embedded, "MOST_ROWS", 10)
    config = "channels: {hook: {type: webhook, url: 'http://127.0.0.1:9'}}"
    alone, helped = House(tmp_path / "alone", config), House(tmp_path / "helped", config)
    here = []
    original = embedded.EmbeddedConsumer._decode
    monkeypatch.setattr(
        embedded.EmbeddedConsumer, "_decode",
        lambda self, rows: (here.append((self._ahead is helped.consumer._ahead, len(rows))), original(self, rows))[1],
    )  # fmt: skip
    monkeypatch.setattr(embedded, "MANY_ITEMS", 10**9)
    fill(alone)
    alone.work()
    monkeypatch.setattr(embedded, "MANY_ITEMS", 500)
    fill(helped)
    ready(helped.consumer._ahead)
    helped.consumer.once()
    helped.consumer.once()
    if dies:
        os.kill(helped.consumer._ahead._process.pid, signal.SIGKILL)
    helped.work()
    read_here = sum(rows for is_helped, rows in here if is_helped)
    assert read_here == (60 - 10 if dies else 10)
    assert state_of(helped) == state_of(alone)
    assert len(state_of(alone)[0]) == 6_000
    alone.close()
    helped.close()


def fill(house):
    for number in range(60):
        house.put("traces", failing(1 + 100 * number, 100), 100, PROTOBUF)
