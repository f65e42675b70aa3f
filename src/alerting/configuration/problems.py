"""What is wrong, where, and how is it mended?"""

from dataclasses import dataclass


@dataclass(slots=True, frozen=True, order=True)
class Problem:
    """``line`` and ``column`` count from 1; 0 where there are none. The message holds the remedy."""

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}: " if self.line else f"{self.file}: "
        return f"{where}{self.path}: {self.message}" if self.path else f"{where}{self.message}"


class Invalid(Exception):
    """The text is not a configuration; ``problems`` holds everything that is wrong, by line."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = sorted(problems)


class Clash(Invalid):
    """What was made through the API has the name of something that the file provides."""
