"""Which of two documents does a value come from? The file and what was made beside it, read as one."""

from typing import Any

from alerting.configuration.overlay import CHANNELS, NAME, NOTHING, Overlay, as_written
from alerting.configuration.positions import Path, Placed, dotted, read
from alerting.configuration.problems import Clash, Problem


def read_together(text: str, file: str, made: Overlay = NOTHING) -> Placed:
    """Raises Invalid; Clash where a name is the file's."""
    placed = read(text, file)
    if not made:
        return placed
    together = _Together(placed, made)
    clashes = list(together.clashes())
    if clashes:
        raise Clash(clashes)
    return together


class _Together(Placed):
    """Lists of the file are followed by what was made; what is wrong is said of where it stands."""

    def __init__(self, own: Placed, made: Overlay) -> None:
        self._own, self._made = own, made
        super().__init__(
            own.file, _merged(own.value, as_written(made)), own.text, own.places, own.scalars, own.problems
        )

    def problem(self, path: Path, message: str) -> Problem:
        name = self._made_name(path)
        if name is None:
            return self._own.problem(path, message)
        return Problem(NAME, 0, 0, dotted((str(path[0]), name, *path[2:])), message)

    def clashes(self) -> list[Problem]:
        said = f"is provided by {self.file} as well; give one of them another name"
        return [
            Problem(NAME, 0, 0, dotted((section, name)), said)
            for section, objects in self._made.objects.items()
            for name in objects
            if name in self._own_names(section)
        ]

    def _own_names(self, section: str) -> set[str]:
        found = self._own.value.get(section)
        if section == CHANNELS:
            return set(found) if isinstance(found, dict) else set()
        objects = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
        return {name for each in objects if isinstance(name := each.get("name", each.get("id")), str)}

    def _made_name(self, path: Path) -> str | None:
        """Of the object around ``path``; None where it stands in the file."""
        if len(path) < 2 or not self._made.section(str(path[0])):
            return None
        objects, own = self._made.section(str(path[0])), self._own.value.get(path[0])
        if isinstance(path[1], str):
            return path[1] if path[1] in objects else None
        index = path[1] - (len(own) if isinstance(own, list) else 0)
        return list(objects)[index] if 0 <= index < len(objects) else None


def _merged(own: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    """A section of the file that is not what it should be stays as it is, to be complained about."""
    merged = dict(own)
    for section, objects in made.items():
        there = own.get(section, type(objects)())
        if isinstance(there, dict) and isinstance(objects, dict):
            merged[section] = {**there, **objects}
        elif isinstance(there, list) and isinstance(objects, list):
            merged[section] = [*there, *objects]
    return merged
