from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.databases import Database
from support.house import House


class Builder:
    """Makes houses over one kind of store, and takes them down again."""

    def __init__(self, folder: Path, kind: str) -> None:
        self._folder = folder
        self._workers = {"sqlite": 0, "postgresql": 1, "two workers": 2}[kind]
        self._houses: list[House] = []
        self._databases: list[Database] = []

    def __call__(self, text: str = "") -> House:
        url = ""
        if self._workers:
            self._databases.append(Database())
            url = self._databases[-1].url
        folder = self._folder / f"data{len(self._houses)}"
        self._houses.append(House(folder, text, url, max(1, self._workers)))
        return self._houses[-1]

    def close(self) -> None:
        for house in self._houses:
            house.close()
        for database in self._databases:
            database.drop()


@pytest.fixture(params=["sqlite", "postgresql", "two workers"])
def house(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[str], House]]:
    """Every test that asks for it runs on SQLite, and on PostgreSQL with one worker and with two."""
    builder = Builder(tmp_path, request.param)
    yield builder
    builder.close()
