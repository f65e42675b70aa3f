"""Where in the file does a value stand? YAML as plain values, with the place of each."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from alerting.configuration.problems import Invalid, Problem

Path = tuple[str | int, ...]
Place = tuple[int, int]
_MOST_BYTES = 1_000_000
_MOST_NODES = 50_000
_TEXT = "tag:yaml.org,2002:str"
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_TRUTH = "tag:yaml.org,2002:bool"


@dataclass(slots=True)
class Placed:
    """``value`` holds dicts, lists and scalars; ``places`` the line and column of every path in it, ``scalars`` how
    each text is written in ``text``."""

    file: str
    value: Any
    text: str = ""
    places: dict[Path, Place] = field(default_factory=dict)
    scalars: dict[Path, yaml.ScalarNode] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, path: Path, message: str) -> Problem:
        line, column = self.place(path)
        return Problem(self.file, line, column, dotted(path), message)

    def place(self, path: Path) -> Place:
        """The place of ``path``, or of the nearest thing around it that stands in the file."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (1, 1))

    def below(self, key: str) -> "Placed":
        """What stands under ``key``, as if it were a file of its own."""
        places = {path[1:]: place for path, place in self.places.items() if path[:1] == (key,)}
        scalars = {path[1:]: node for path, node in self.scalars.items() if path[:1] == (key,)}
        return Placed(self.file, self.value[key], self.text, places, scalars)


def dotted(path: Path) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def read(text: str, file: str) -> Placed:
    """Raises Invalid for what is not YAML, or not a mapping."""
    if len(text.encode("utf-8", "replace")) > _MOST_BYTES:
        raise Invalid([Problem(file, 1, 1, "", f"the file has more than {_MOST_BYTES} bytes; split it up")])
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise Invalid([Problem(file, line, column, "", f"is not YAML: {error.problem or error.context}")]) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Invalid([Problem(file, 1, 1, "", f"is not YAML: {error}")]) from None
    placed = Placed(file, {}, text)
    if node is not None:
        placed.value = _Reader(placed).value(node, ())
    if not isinstance(placed.value, dict):
        raise Invalid([Problem(file, 1, 1, "", "must be a mapping such as rules: and channels:")])
    return placed


def _is_text(node: yaml.Node) -> bool:
    """What people mean as text, though YAML 1.1 does not: ``on`` and ``no``, a time of the day (10:30 is 630)."""
    if node.tag == _TRUTH:
        return str(node.value).lower() not in ("true", "false")
    return node.tag in (_TEXT, _TIMESTAMP) or ":" in node.value


class _Reader:
    def __init__(self, placed: Placed) -> None:
        self._placed = placed
        self._nodes = 0
        self._constructor = yaml.SafeLoader("")

    def value(self, node: yaml.Node, path: Path) -> Any:
        self._nodes += 1
        if self._nodes > _MOST_NODES or len(path) > 50:
            raise Invalid([self._placed.problem(path, "the file is too large or too deep once aliases are unfolded")])
        self._placed.places.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(each, (*path, index)) for index, each in enumerate(node.value)]
        return self._scalar(node, path)

    def _scalar(self, node: yaml.Node, path: Path) -> Any:
        if _is_text(node) and isinstance(node, yaml.ScalarNode):
            self._placed.scalars[path] = node
            return node.value
        if not node.tag.startswith("tag:yaml.org,2002:"):
            self._placed.problems.append(self._placed.problem(path, f"the tag {node.tag} is not allowed; leave it out"))
            return node.value
        try:
            return self._constructor.construct_object(node, deep=True)
        except (yaml.YAMLError, ValueError) as error:
            self._placed.problems.append(self._placed.problem(path, f"cannot be read: {error}; put it in quotes"))
            return node.value

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in self._pairs(node, path):
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else ""
            here = (*path, key)
            if key in found:
                self._placed.problems.append(self._at(key_node, here, "stands here twice; keep one of them"))
            self._placed.places[here] = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            found[key] = self.value(value_node, here)
        return {key: value for key, value in found.items() if not key.startswith("x-")}

    def _pairs(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[yaml.Node, yaml.Node]]:
        """The pairs, those of ``<<`` merges first unless given here as well."""
        own = {key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)}
        for key, value in node.value:
            if key.tag != "tag:yaml.org,2002:merge":
                yield key, value
                continue
            merged = value.value if isinstance(value, yaml.SequenceNode) else [value]
            for each in merged:
                if isinstance(each, yaml.MappingNode):
                    yield from ((k, v) for k, v in self._pairs(each, path) if k.value not in own)

    def _at(self, node: yaml.Node, path: Path, message: str) -> Problem:
        mark = node.start_mark
        return Problem(self._placed.file, mark.line + 1, mark.column + 1, dotted(path), message)
