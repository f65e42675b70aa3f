"""A page of the inbox is damaged: what can be read is worked on, what cannot is told of, and nobody waits for it."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from alerting.clock import ManualClock
from alerting.inbox.port import START, TORN, Entry, Overloaded, Position
from alerting.inbox.segment_log import SegmentLog
from alerting.inbox.segments import SegmentArchive, SegmentReader, segments
from alerting.ingest.encoding import decompress
from rules.instants import HOUR, SECOND
from support.house import House

NOW = 1_795_500_000 * SECOND
PAGE = 4096
ROWS = 40


def filled(folder, sizes):
    """A segment whose pages all lie in its file."""
    log = SegmentLog(folder, ManualClock(NOW))
    for number, size in enumerate(sizes):
        log.append([Entry("traces", b"%d:" % number + Random(number).randbytes(size), "", "", 1)])
    log.close()
    return only_segment(folder)


def only_segment(folder):
    """Its name and its file, in which all of it lies from then on."""
    [name] = segments(folder)
    path = folder / f"{name}.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return name, path


def another(folder):
    """A later segment, with one row."""
    later = SegmentLog(folder, ManualClock(NOW + HOUR))
    later.append([Entry("traces", b"later", "", "", 1)])
    later.close()


def damage(path, page):
    """``page``: its number, from 1 on."""
    with path.open("r+b") as file:
        file.seek((page - 1) * PAGE)
        file.write(Random(page).randbytes(PAGE))


def number_of(entry):
    return int(decompress(entry.body, entry.encoding, 10**6).split(b":")[0])


def everything(folder):
    """All rows that a worker is given, one claim after another."""
    reader, found = SegmentReader(folder), []
    while rows := reader.claim(found[-1].at if found else START, 7, 10**9):
        found.extend(rows)
        assert len(found) < 10_000
    reader.close()
    return found


def test_whichever_page_is_damaged_all_else_is_read_and_an_end_is_found(tmp_path):
    """Small bodies, many on a page, and some that take pages of their own."""
    sizes = [20_000 if n % 10 == 3 else 1_000 for n in range(ROWS)]
    name, path = filled(tmp_path / "whole", sizes)
    another(tmp_path / "whole")
    pages = path.stat().st_size // PAGE
    assert pages > 30
    lost = []
    for page in range(3, pages + 1):  # the first is the head of the file, the second the root of all rows
        folder = Path(shutil.copytree(tmp_path / "whole", tmp_path / str(page)))
        damage(folder / f"{name}.db", page)
        rows = everything(folder)
        assert [row.at for row in rows] == sorted({row.at for row in rows})
        assert rows[-1].entry.body == b"later"
        read = [number_of(row.entry) for row in rows[:-1] if row.entry.kind != TORN]
        lost.append(ROWS - len(read))
        assert sorted(set(read)) == read
        assert any(row.entry.kind == TORN for row in rows) == bool(lost[-1])
        assert list(SegmentArchive(folder).telemetry(0, NOW + 2 * HOUR, 1000))[-1].body == b"later"
    assert max(lost) <= 5
    assert sum(lost) > 0


@pytest.mark.parametrize("page", [1, 2])
def test_of_a_file_of_which_nothing_can_be_read_the_rest_is_told_of_once(tmp_path, page):
    name, path = filled(tmp_path, [1_000] * ROWS)
    another(tmp_path)
    damage(path, page)
    torn, row = everything(tmp_path)
    assert (torn.entry.kind, torn.at.segment, b"what is left of a file" in torn.entry.body) == (TORN, name, True)
    assert row.entry.body == b"later"
    reader = SegmentReader(tmp_path)
    assert reader.items_after(torn.at) == 1
    assert reader.oldest_after(Position(name, 0)) == row.received_at
    reader.close()


def test_the_end_of_the_open_file_is_waited_for_until_there_is_another(tmp_path):
    name, path = filled(tmp_path, [1_000] * ROWS)
    damage(path, path.stat().st_size // PAGE)
    read = everything(tmp_path)
    assert ROWS - 5 < len(read) < ROWS
    assert TORN not in {row.entry.kind for row in read}
    (tmp_path / f"{name[:-2]}99.db").touch()
    assert everything(tmp_path)[-1].entry.kind == TORN


def test_who_cannot_write_to_a_damaged_file_goes_on_in_another(tmp_path):
    name, path = filled(tmp_path, [1_000] * ROWS)
    log = SegmentLog(tmp_path, ManualClock(NOW))
    damage(path, 2)
    with pytest.raises(Overloaded):
        log.append([Entry("traces", b"refused", "", "", 1)])
    log.append([Entry("traces", b"taken", "", "", 1)])
    log.close()
    assert segments(tmp_path)[0] == name
    assert [row.entry.body for row in everything(tmp_path)][-1] == b"taken"


def test_what_is_lost_is_set_aside_and_told_of_and_its_neighbours_are_worked_on(tmp_path):
    with closing(House(tmp_path, "channels: {hook: {type: webhook, url: 'http://127.0.0.1:9'}}")) as house:
        for number in range(ROWS):
            house.event(f"w{number}", run_id="r", labels={"pad": "x" * 1_000})
        _, path = only_segment(tmp_path / "inbox")
        damage(path, path.stat().st_size // PAGE // 2)
        house.work()
        workflows = {row["workflow"] for row in house.rows("SELECT workflow FROM run")}
        [aside] = house.rows("SELECT kind, reason FROM quarantine")
        assert aside["kind"] == TORN
        assert "bodies of a file of the inbox cannot be read" in aside["reason"]
        assert "tocsin-ingest" in workflows
        assert ROWS - 5 < len(workflows) - 1 < ROWS
        house.event("after")
        house.work()
        assert house.rows("SELECT id FROM run WHERE workflow = 'after'")
