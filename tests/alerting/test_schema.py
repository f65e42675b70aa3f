"""Is every store brought up to date with what is in it, and is what it becomes what the code expects?"""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

from alerting.cluster import tables as cluster
from alerting.database import upgrading
from alerting.database.port import SchemaMismatch
from alerting.database.postgresql import PostgresStore
from alerting.inbox import tables as inbox
from alerting.storage.schema import metadata
from support.databases import Database

T = TypeVar("T")
Run = Callable[[Callable[[Connection], T]], T]
OLD_ROWS = (
    "INSERT INTO deadline (kind, owner, detail, due_at) VALUES ('dedup', 'k', 'hook', 5)",
    "INSERT INTO loose (id, key, body, received_at) VALUES ('a', 'trace:1', '{}', 7)",
    "INSERT INTO outbox (notification, channel, target, conversation, number, attempts, next_attempt_at, "
    "leased_until, created_at) VALUES ('n', 'hook', 't', 'c', 3, 1, 2, 0, 1)",
    "INSERT INTO progress (id, segment, row, items, engine_now, beat_at, numbers) VALUES (1, 's', 4, 9, 8, 7, 3)",
    "INSERT INTO quarantine (segment, row, kind, at, reason) VALUES ('s', 1, 'traces', 2, 'torn')",
    "INSERT INTO rollup_group (bucket, error_group, workflow, n) VALUES (1, 'g', 'w', 4)",
    "INSERT INTO channel_health VALUES ('hook', true, '', 0, 0)",
)


@pytest.fixture(params=["sqlite", "postgresql"])
def run(request: pytest.FixtureRequest) -> Iterator[Run[Any]]:
    """Calls a function with a connection to an empty database, in a transaction."""
    if request.param == "sqlite":
        engine = create_engine("sqlite://")

        def in_sqlite(function: Callable[[Connection], T]) -> T:
            with engine.begin() as connection:
                return function(connection)

        yield in_sqlite
        return
    database = Database()
    store = PostgresStore(database.url, 2)

    def in_postgresql(function: Callable[[Connection], T]) -> T:
        async def go() -> T:
            async with store._engine.begin() as connection:
                return await connection.run_sync(function)

        return store._run(go())

    yield in_postgresql
    store.close()
    database.drop()


def to_first(connection: Connection) -> None:
    upgrading._upgrade(connection, "", "0001")
    for statement in OLD_ROWS:
        connection.execute(text(statement))


def rows(run: Run[Any], query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in run(lambda connection: connection.execute(text(query)).all())]


def test_a_store_of_the_first_version_keeps_what_is_in_it(run):
    run(to_first)
    run(upgrading.bring_up_to_date)
    assert rows(run, "SELECT kind, owner, detail, due_at, partition FROM deadline") == [("dedup", "k", "hook", 5, 0)]
    assert rows(run, "SELECT id, received_at, look_at FROM loose") == [("a", 7, 0)]
    assert rows(run, "SELECT number, attempts, leased_by FROM outbox") == [(3, 1, "")]
    assert rows(run, "SELECT segment, row, items, engine_now, beat_at FROM progress") == [("s", 4, 9, 8, 7)]
    assert rows(run, "SELECT segment, reason FROM quarantine") == [("s", "torn")]
    assert rows(run, "SELECT n FROM rollup_group") == [(4,)]
    assert run(upgrading.revision) == upgrading.HEAD


def test_the_first_version_wrote_its_number_elsewhere(run):
    def as_it_was(connection: Connection) -> None:
        to_first(connection)
        connection.execute(text("DROP TABLE alembic_version"))
        connection.execute(text("INSERT INTO meta (name, value) VALUES ('schema', '1')"))

    run(as_it_was)
    run(upgrading.bring_up_to_date)
    assert run(upgrading.revision) == upgrading.HEAD
    assert rows(run, "SELECT due_at FROM deadline") == [(5,)]


def test_the_tables_are_those_that_the_code_expects(run):
    run(upgrading.bring_up_to_date)
    expected = [metadata]

    def differences(connection: Connection) -> list[Any]:
        on_postgresql = connection.dialect.name == "postgresql"
        if on_postgresql:
            expected.extend((inbox.metadata, cluster.metadata))
        # All integers of SQLite are the same, whatever they are called.
        options = {"include_object": _known, "compare_type": on_postgresql}
        context = MigrationContext.configure(connection, opts=options)
        return compare_metadata(context, expected)  # type: ignore[arg-type]

    assert [each for each in run(differences) if not _of_no_matter(each)] == []


def _known(_object: Any, name: str, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Bare tables of the inbox and the cluster name no indexes; a day's partition is part of the inbox."""
    return not (kind == "index" and reflected and compare_to is None)


def _of_no_matter(difference: Any) -> bool:
    """Tables of the inbox and the cluster say nothing about NULL."""
    if isinstance(difference, list):
        return all(_of_no_matter(each) for each in difference)
    return difference[0] == "modify_nullable"


def test_what_became_of_groups_is_told_by_what_was_kept_of_them(run):
    def before(connection: Connection) -> None:
        upgrading._upgrade(connection, "", "0008")
        for group, resolved_at in (("a", 0), ("b", 40)):
            connection.execute(text(
                "INSERT INTO error_group (id, cause, version, engine, workflow, step, error_type, error_message, "
                "stack, components, count, first_seen, last_seen, state, resolved_at, resolved_version) VALUES "
                f"('{group}', 'c', 1, '', 'w', '', '', '', '', '', 1, 5, 9, '', {resolved_at}, '1.2')"
            ))  # fmt: skip
        for id_, at, novelty in (("f", 5, "new"), ("g", 50, "regressed"), ("h", 50, "regressed"), ("i", 60, "")):
            connection.execute(text(
                "INSERT INTO failure (id, run, engine, workflow, run_id, environment, version, step, outcome, "
                "severity, error_type, error_message, error_group, cause, occurred_at, received_at, novelty) VALUES "
                f"('{id_}', 'r', '', 'w', 'r', '', '1.{at}', '', '', '', '', '', 'b', 'c', {at}, {at}, '{novelty}')"
            ))  # fmt: skip

    run(before)
    run(upgrading.bring_up_to_date)
    assert rows(run, "SELECT error_group, at, kind, version FROM group_event ORDER BY error_group, at") == [
        ("a", 5, "new", ""),
        ("b", 5, "new", "1.5"),
        ("b", 40, "resolved", "1.2"),
        ("b", 50, "regressed", "1.50"),
    ]


def test_to_bring_it_up_to_date_twice_changes_nothing(run):
    run(upgrading.bring_up_to_date)
    run(upgrading.bring_up_to_date)
    assert run(upgrading.revision) == upgrading.HEAD


def test_a_store_of_a_later_version_is_refused(run):
    run(upgrading.bring_up_to_date)
    run(lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(SchemaMismatch, match="has schema 9999"):
        run(upgrading.bring_up_to_date)


def test_the_revision_that_the_code_wants_is_the_last_there_is():
    config = Config()
    config.set_main_option("script_location", str(upgrading.SCRIPTS))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_current_head() == upgrading.HEAD
    assert {script.revision for script in scripts.walk_revisions()} == set(upgrading._KNOWN)
