from collections.abc import Iterator
from pathlib import Path

import pytest

from acceptance.timeline import Houses


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Houses]:
    made = Houses(tmp_path)
    yield made
    made.close()
