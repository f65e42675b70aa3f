"""How does a body of someone else's become an event of Tocsin's own? By a map in the configuration, field by field.

``"$.detail.state"`` (with ``[0]`` into arrays) reads the body, ``"=text"`` is the text itself, and
``{path: …, words: {…}}`` translates what is read, ``default`` standing for any other word.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FIELDS = frozenset((
    "workflow", "run_id", "outcome", "occurred_at", "started_at", "ended_at", "environment", "version", "step",
    "attempt", "max_attempts", "severity", "url", "id", "parent_run_id", "trace_id", "error.type", "error.message",
    "error.stack",
))  # fmt: skip
_PART = re.compile(r"\.([^.\[\]]+)|\[(\d{1,6})\]")
_NESTED = ("error.", "labels.")
Step = str | int


class BadMap(ValueError):
    """``key`` is the field of the map that is wrong."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


@dataclass(slots=True, frozen=True)
class Field:
    constant: str | None
    path: tuple[Step, ...] = ()
    words: Mapping[str, str] | None = None
    default: str | None = None

    def of(self, body: Any) -> Any:
        """The value in ``body``; None where there is none."""
        if self.constant is not None:
            return self.constant
        found = _found(body, self.path)
        return found if self.words is None else self._translated(found)

    def _translated(self, found: Any) -> Any:
        words = {} if self.words is None else self.words
        told = str(found).lower() if isinstance(found, bool) else str(found)
        return words.get(told, self.default if self.default is not None else found)


@dataclass(slots=True, frozen=True)
class EventMap:
    fields: Mapping[str, Field]

    def event(self, body: Any) -> dict[str, Any]:
        """The own event that ``body`` maps to; it may still be one that is refused."""
        told: dict[str, Any] = {}
        for name, field in self.fields.items():
            value = field.of(body)
            if value is None:
                continue
            outer, dot, inner = name.partition(".")
            if dot:
                told.setdefault(outer, {})[inner] = value if isinstance(value, str) else str(value)
            else:
                told[outer] = value
        return told


def compile_map(told: Mapping[str, Any]) -> EventMap:
    """Raises BadMap."""
    for name in ("workflow", "outcome"):
        if name not in told:
            raise BadMap("", f"a map needs {name}; every event has it")
    return EventMap({name: _field(name, value) for name, value in told.items()})


def _field(name: str, told: Any) -> Field:
    if name not in FIELDS and not (name.startswith("labels.") and len(name) > len("labels.")):
        raise BadMap(name, f"{name} is not a field of an event; known are {', '.join(sorted(FIELDS))} and labels.NAME")
    if isinstance(told, str):
        return Field(told[1:]) if told.startswith("=") else Field(None, _path(name, told))
    if (
        not isinstance(told, Mapping)
        or set(told) - {"path", "words", "default"}
        or not isinstance(told.get("path"), str)
    ):
        raise BadMap(name, 'write "$.path.in.the.body", "=a constant text" or {path: "$.…", words: {theirs: ours}}')
    words = told.get("words") or {}
    if not isinstance(words, Mapping):
        raise BadMap(name, "words must be pairs such as {SUCCEEDED: succeeded}")
    plain = {
        str(theirs).lower() if isinstance(theirs, bool) else str(theirs): str(ours) for theirs, ours in words.items()
    }
    default = told.get("default")
    return Field(None, _path(name, told["path"]), plain, None if default is None else str(default))


def _path(name: str, text: str) -> tuple[Step, ...]:
    rest = text.removeprefix("$")
    parts = _PART.findall(rest)
    written = "".join(f".{member}" if member else f"[{index}]" for member, index in parts)
    if not text.startswith("$") or written != rest:
        raise BadMap(name, f'{text!r} is not a path; write it like "$.detail.steps[0].name", a constant like "=text"')
    return tuple(member or int(index) for member, index in parts)


def _found(body: Any, path: tuple[Step, ...]) -> Any:
    for step in path:
        if isinstance(step, int):
            body = body[step] if isinstance(body, list) and step < len(body) else None
        else:
            body = body.get(step) if isinstance(body, dict) else None
    return body
