"""What both databases have to agree on, and what PostgreSQL's address may say."""

import pytest
from sqlalchemy import text

from alerting.database.globs import like_glob
from alerting.database.port import BadUrl
from alerting.database.postgresql import PostgresStore
from alerting.database.postgresql_url import parse_url
from alerting.storage.schema import RunRow, table
from support.databases import Database

NAMES = ["pay", "Pay", "pay.v2", "pay-1", "pay_1", "payX1", "a+b", "x[1]", "é", "pay\\d", "very/long.name (x)"]


@pytest.mark.parametrize(
    ("glob", "expected"),
    [
        ("pay", ["pay"]),
        ("pay*", ["pay", "pay-1", "pay.v2", "pay\\d", "payX1", "pay_1"]),
        ("pay?1", ["pay-1", "payX1", "pay_1"]),
        ("pay[-_]1", ["pay-1", "pay_1"]),
        ("[pP]ay", ["Pay", "pay"]),
        ("*.v2", ["pay.v2"]),
        ("a+*", ["a+b"]),
        ("pay\\*", ["pay\\d"]),
        ("*(x)", ["very/long.name (x)"]),
        ("?", ["é"]),
        ("nothing*", []),
    ],
)
def test_a_glob_means_the_same_on_both(house, glob, expected):
    h = house()
    for name in NAMES:
        h.event(name, f"run of {name}")
    h.work()
    run = table(RunRow)
    with h.store.read() as connection:
        wanted = run.select().where(like_glob(connection, run.c.workflow, glob))
        assert sorted(row.workflow for row in connection.execute(wanted)) == sorted(expected)


@pytest.mark.parametrize(
    ("url", "host", "port", "database", "pooled"),
    [
        ("postgresql://u:p@h:6543/d", "h", 6543, "d", False),
        ("postgres://u@h/d", "h", 5432, "d", False),
        ("postgresql:///d?host=/run/postgresql", "/run/postgresql", 5432, "d", False),
        ("postgresql://u@h/d?pgbouncer=1", "h", 5432, "d", True),
        ("postgresql://u@h/d?pgbouncer=0&sslmode=require", "h", 5432, "d", False),
    ],
)
def test_an_address_is_read_as_others_write_it(url, host, port, database, pooled):
    address = parse_url(url)
    assert (address.host, address.port, address.database, address.pooled) == (host, port, database, pooled)


def test_a_password_shows_nowhere():
    address = parse_url("postgresql://user:sesame@h/d")
    assert "sesame" not in f"{address!r} {address.shown}"
    assert address.connecting["password"] == "sesame"
    with pytest.raises(BadUrl) as refused:
        parse_url("postgresql://user:sesame@h:port/d")
    assert "sesame" not in str(refused.value)


def test_what_is_committed_is_durable_whatever_the_servers_default():
    database = Database()
    try:
        database.execute(f"ALTER DATABASE {database.name} SET synchronous_commit = off")
        assert database.rows("SHOW synchronous_commit") == [{"synchronous_commit": "off"}]
        store = PostgresStore(database.url, 1)
        with store.read() as connection:
            assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"
        store.close()
    finally:
        database.drop()
