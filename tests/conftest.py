"""What is absent is skipped visibly; where everything has to be there, its absence is a failure."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support import fuzzing
from support.databases import Database
from support.postgresql_server import PostgresqlServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_EXCUSED = "beside this checkout"  # the recordings are data of another place, not a service of this machine

fuzzing.register()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("TOCSIN_REQUIRE_SERVICES") and _EXCUSED not in str(report.longrepr):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped where nothing may be absent: {report.longrepr}"


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """Debian's Chromium; tests that ask for it skip where it is not installed."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def database() -> Iterator[Database]:
    """An empty one on the PostgreSQL of this machine."""
    made = Database()
    yield made
    made.drop()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PostgresqlServer]:
    """A PostgreSQL of the test's own, to be stopped and restarted."""
    made = PostgresqlServer(tmp_path)
    yield made
    made.close()


@pytest.fixture
def redis() -> None:
    """That of this machine; queues have names of their own in it."""
    try:
        socket.create_connection(("127.0.0.1", 6379), 2).close()
    except OSError:
        pytest.skip("no Redis on 127.0.0.1:6379")
