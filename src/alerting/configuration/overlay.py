"""What was made through the API, beside what the file provides? Kept in one text with it, as a second document."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from alerting.configuration.problems import Invalid, Problem
from rules.instants import Instant, parse_instant

NAME = "made through the API"
RULES, CHANNELS, SILENCES, MAINTENANCE = "rules", "channels", "silences", "maintenance"
SECTIONS = (RULES, CHANNELS, SILENCES, MAINTENANCE)
MARKER = f"\n--- # {NAME}\n"
_MOST_CHARACTERS = 1_000_000
Object = dict[str, Any]


@dataclass(slots=True, frozen=True)
class Overlay:
    """The objects of each section by their names, in the order in which they were made. A rule holds its name itself,
    a silence its id."""

    objects: Mapping[str, Mapping[str, Object]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(self.objects.values())

    def section(self, section: str) -> Mapping[str, Object]:
        return self.objects.get(section, {})

    def get(self, section: str, name: str) -> Object | None:
        return self.section(section).get(name)

    def put(self, section: str, name: str, body: Object) -> "Overlay":
        """With ``body`` in the place of what has that name, or at the end."""
        return self._with(section, {**self.section(section), name: body})

    def remove(self, section: str, name: str) -> "Overlay":
        return self._with(section, {key: body for key, body in self.section(section).items() if key != name})

    def _with(self, section: str, objects: Mapping[str, Object]) -> "Overlay":
        return Overlay({**self.objects, section: objects})


NOTHING = Overlay()


def split(text: str) -> tuple[str, Overlay]:
    """The file's text, to the character, and the objects beside it. Raises Invalid."""
    file, marker, document = text.rpartition(MARKER)
    return (file, _read(document)) if marker else (text, NOTHING)


def join(file: str, made: Overlay) -> str:
    if not made:
        return file
    # One line of ASCII: no text within it can look like the marker, and every reader of YAML understands it.
    document = json.dumps(as_written(made), separators=(", ", ": "))
    if len(document) > _MOST_CHARACTERS:
        raise Invalid([_problem("", f"has more than {_MOST_CHARACTERS} characters; put some of it into the file")])
    return f"{file}{MARKER}{document}\n"


def as_written(made: Overlay) -> dict[str, Any]:
    """In the form of the file: channels by name, all else as lists."""
    return {section: _written(section, made.section(section)) for section in SECTIONS if made.section(section)}


def without_expired(made: Overlay, now: Instant) -> Overlay:
    """Nobody needs a silence that is over, and they would pile up."""
    for section in (SILENCES, MAINTENANCE):
        for name, body in made.section(section).items():
            if body.get("until") and parse_instant(body["until"]) < now:
                made = made.remove(section, name)
    return made


def _written(section: str, objects: Mapping[str, Object]) -> Any:
    return dict(objects) if section == CHANNELS else list(objects.values())


def _read(document: str) -> Overlay:
    try:
        found = dict(json.loads(document).items())
        return Overlay({section: _by_name(section, found[section]) for section in SECTIONS if section in found})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Invalid([_problem("", f"cannot be read: {error}")]) from None


def _by_name(section: str, objects: Any) -> dict[str, Object]:
    key = "name" if section == RULES else "id"
    return dict(objects.items()) if section == CHANNELS else {body[key]: body for body in objects}


def _problem(path: str, message: str) -> Problem:
    return Problem(NAME, 0, 0, path, message)
