from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Callable[[str], House]]:
    made: list[House] = []

    def make(text: str = "") -> House:
        made.append(House(tmp_path / f"data{len(made)}", text))
        return made[-1]

    yield make
    for each in made:
        each.close()
