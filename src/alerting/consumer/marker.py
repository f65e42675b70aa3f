"""Which rows was a worker reading when it died? A small file tells the next one, so that poison can be found.

After a death the next worker takes half as many rows at once; a row that killed it three times alone is set aside.
"""

from dataclasses import dataclass
from pathlib import Path

NAME = "reading"
DEATHS_OF_ONE_ROW = 3


@dataclass(slots=True, frozen=True)
class Left:
    """What the last worker left behind: it began on ``rows`` rows from (segment, row) and died ``deaths`` times."""

    segment: str = ""
    row: int = 0
    rows: int = 0
    deaths: int = 0


class Marker:
    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self.left = self._read()

    def limit(self, usual: int) -> int:
        """How many rows to take at once."""
        return max(1, min(usual, self.left.rows // 2)) if self.left.rows else usual

    def is_poison(self, segment: str, row: int) -> bool:
        left = self.left
        return (left.segment, left.row, left.rows) == (segment, row, 1) and left.deaths >= DEATHS_OF_ONE_ROW

    def reading(self, segment: str, row: int, rows: int) -> None:
        """Written before a body is opened. Not fsynced: it has to outlive the process, not the machine."""
        same = (self.left.segment, self.left.row, self.left.rows) == (segment, row, rows)
        deaths = self.left.deaths + 1 if same else 1
        self._path.write_text(f"{segment} {row} {rows} {deaths}")

    def read(self, segment: str, row: int) -> None:
        """All bodies up to (segment, row) were opened and the worker lives."""
        self._path.unlink(missing_ok=True)
        if (segment, row) >= (self.left.segment, self.left.row + self.left.rows - 1):
            self.left = Left()

    def _read(self) -> Left:
        try:
            segment, row, rows, deaths = self._path.read_text().split()
            return Left(segment, int(row), int(rows), int(deaths))
        except (FileNotFoundError, ValueError):
            return Left()
