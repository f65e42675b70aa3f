from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.databases import Database
from support.house import House


@pytest.fixture
def shared(tmp_path: Path, database: Database) -> Iterator[Callable[..., House]]:
    """Makes one house over PostgreSQL, with as many workers as asked for."""
    made: list[House] = []

    def make(text: str = "", workers: int = 2) -> House:
        made.append(House(tmp_path, text, database.url, workers))
        return made[-1]

    yield make
    for each in made:
        each.close()
