"""Everything that is known moves, once, whatever breaks off on the way; and work goes on where it stood."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from alerting.backend import open_backend
from alerting.database.postgresql import open_postgresql
from alerting.inbox.segments import FOLDER
from alerting.settings import Settings, SettingsError
from alerting.transfer.copying import Differs
from alerting.transfer.moving import backup, migrate, restore_embedded, restore_postgresql
from rules.instants import DAY, HOUR, MINUTE
from support.databases import Database
from support.house import House
from support.otlp import span, traces

HOOK = 'channels: {hook: {type: webhook, url: "http://127.0.0.1:9/x"}}\n'
STATE = (
    "run",
    "failure",
    "error_group",
    "alert",
    "notification",
    "outbox",
    "decision",
    "rollup_run",
    "rollup_duration",
    "change_event",
    "group_event",
)


def quiet(*_: object) -> None:
    return


def fill(house: House) -> None:
    """Runs of a few days, an open alert with failures inside its window, and bodies that nobody has worked on."""
    for number in range(30):
        outcome = "failed" if number % 3 else "succeeded"
        house.event(f"w{number % 4}", f"old{number}", outcome)
        house.work()
        house.pass_time(DAY // 10)
    for number in range(5):
        house.event("pay", f"r{number}")
        house.put("traces", traces([span("job", house.clock.now(), trace=number + 1)]), 1, "application/x-protobuf")
    house.change("old", title="deployed 1.0", workflow=["pay*"])
    house.work()
    for number in range(5, 8):
        house.event("pay", f"r{number}")


def go_on(house: House, before: House) -> None:
    """The same clock, and the rest of the story: the three that waited, then the end of the window."""
    house.clock.set(before.clock.now())
    house.attend()
    house.work()


def is_full(found: dict[str, list[tuple[object, ...]]]) -> bool:
    return all(found.values())


def known(rows: Callable[[str], list[Any]]) -> dict[str, list[tuple[object, ...]]]:
    """What a reader that is no part of the copying finds in each table."""
    return {name: sorted(tuple(map(str, map(plain, row.values()))) for row in rows(f"SELECT * FROM {name}"))
            for name in STATE}  # fmt: skip


def plain(value: object) -> object:
    return int(value) if isinstance(value, bool) else value


def story_ends_well(house: House) -> None:
    pay = "SELECT count FROM alert WHERE workflow = 'pay'"
    assert [row["count"] for row in house.rows(pay)] == [8]
    told = "SELECT reason, since_last FROM notification n JOIN alert a ON a.id = n.alert WHERE workflow = 'pay'"
    assert [tuple(row.values()) for row in house.rows(told)] == [("first", 0)]
    house.pass_time(HOUR + MINUTE)
    assert sorted(tuple(row.values()) for row in house.rows(told)) == [("again", 7), ("first", 0)]


def test_an_embedded_installation_moves_to_postgresql_and_goes_on(tmp_path, database):
    before = House(tmp_path / "data", HOOK)
    fill(before)
    expected, bodies = known(before.rows), before.bodies()
    assert is_full(expected)
    before.close()
    migrate(tmp_path / "data", database.url, quiet)
    assert known(database.rows) == expected
    after = House(tmp_path, url=database.url)
    assert after.bodies() == bodies
    go_on(after, before)
    story_ends_well(after)
    after.close()


class Broken(Exception):
    pass


@pytest.mark.parametrize("pieces", [1, 4, 9, 14, 19])
def test_a_migration_that_was_broken_off_goes_on_where_it_stood(tmp_path, database, pieces):
    before = House(tmp_path / "data", HOOK)
    fill(before)
    before.close()
    left = [pieces]

    def breaking(*_: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Broken

    with pytest.raises(Broken):
        migrate(tmp_path / "data", database.url, breaking)
    with pytest.raises(SettingsError, match="not full yet"):
        open_backend(Settings(database_url=database.url), "worker")
    account = migrate(tmp_path / "data", database.url, quiet)
    assert sum(each.checksum.rows for each in account) > 100
    after = House(tmp_path, url=database.url)
    go_on(after, before)
    story_ends_well(after)
    after.close()


def test_a_database_that_holds_something_is_refused(tmp_path, database):
    there = House(tmp_path, HOOK, database.url)
    there.event("pay", "r1")
    there.work()
    there.close()
    before = House(tmp_path / "data", HOOK)
    before.close()
    with pytest.raises(ValueError, match="not empty"):
        migrate(tmp_path / "data", database.url, quiet)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("into", ["sqlite", "postgresql"])
def test_a_backup_is_restored_into_either_kind(tmp_path, database, kind, into):
    source = House(tmp_path / "data", HOOK, database.url if kind == "postgresql" else "")
    fill(source)
    file = tmp_path / "tocsin.backup"
    backup(source.store, tmp_path / "data", file, quiet)
    source.event("pay", "after")
    source.work()
    source.close()
    other = Database()
    try:
        if into == "postgresql":
            restore_postgresql(file, other.url, quiet)
        else:
            restore_embedded(file, tmp_path / "again", quiet)
        restored = House(tmp_path / "again", url=other.url if into == "postgresql" else "")
        go_on(restored, source)
        assert restored.rows("SELECT 1 FROM run WHERE run_id = 'after'") == []
        story_ends_well(restored)
        restored.close()
    finally:
        other.drop()


def test_a_damaged_backup_is_found_out(tmp_path):
    source = House(tmp_path / "data", HOOK)
    fill(source)
    file = tmp_path / "tocsin.backup"
    backup(source.store, tmp_path / "data", file, quiet)
    source.close()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE failure SET run_id = 'other' WHERE id = (SELECT min(id) FROM failure)")
        connection.commit()
    with pytest.raises(Differs, match="failure: the backup is damaged"):
        restore_embedded(file, tmp_path / "again", quiet)
    assert not (tmp_path / "again").exists()


def test_a_backup_is_one_file_that_is_never_overwritten_nor_half_there(tmp_path):
    source = House(tmp_path / "data", HOOK)
    fill(source)
    folder = tmp_path / "backups"
    folder.mkdir()

    def broken(*_: object) -> None:
        raise Broken

    with pytest.raises(Broken):
        backup(source.store, tmp_path / "data", folder / "b", broken)
    assert list(folder.iterdir()) == []
    backup(source.store, tmp_path / "data", folder / "b", quiet)
    assert [path.name for path in folder.iterdir()] == ["b"]
    with pytest.raises(ValueError, match="is there already"):
        backup(source.store, tmp_path / "data", folder / "b", quiet)
    source.close()


def test_a_sequence_goes_on_after_what_was_moved(tmp_path, database):
    before = House(tmp_path / "data", HOOK)
    fill(before)
    before.close()
    migrate(tmp_path / "data", database.url, quiet)
    store = open_postgresql(database.url, 2)
    store.close()
    highest = database.rows("SELECT max(number) AS n FROM notification")[0]["n"]
    assert database.rows("SELECT nextval('notification_number') AS n")[0]["n"] == highest + 1
    highest = database.rows("SELECT max(id) AS n FROM decision")[0]["n"]
    assert database.rows("SELECT nextval(pg_get_serial_sequence('decision', 'id')) AS n")[0]["n"] == highest + 1
    assert (tmp_path / "data" / FOLDER).is_dir()
