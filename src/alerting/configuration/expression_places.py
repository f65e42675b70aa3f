"""Where in the file does a character of a text stand? Whatever the YAML style: plain, quoted, ``|`` or ``>``."""

import re

import yaml

from alerting.configuration.positions import Path, Place, Placed

_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)*")
_HEADER = re.compile(r"[|>][^\n]*\n")
_ESCAPE = re.compile(r"\\(?:x..|u.{4}|U.{8}|\r?\n\s*|.)", re.DOTALL)


def place_within(placed: Placed, path: Path, line: int, column: int) -> Place | None:
    """The place of ``line`` and ``column`` within the text at ``path``; None where it cannot be told."""
    node = placed.scalars.get(path)
    if node is None:
        return None
    lines = node.value.split("\n")
    offset = sum(len(each) + 1 for each in lines[: line - 1]) + column - 1
    raw = placed.text[node.start_mark.index : node.end_mark.index]
    found = _offset(raw, node, offset)
    return None if found is None else _place(node, raw[:found])


def _place(node: yaml.ScalarNode, before: str) -> Place:
    lines = before.count("\n")
    column = len(before) - before.rfind("\n") if lines else node.start_mark.column + len(before) + 1
    return node.start_mark.line + lines + 1, column


def _offset(raw: str, node: yaml.ScalarNode, offset: int) -> int | None:
    """All styles keep every character that is no white space, in order; so those lead the way."""
    at, last = _begin(raw, node.style), -1
    for index, character in enumerate(node.value[: offset + 1]):
        if character.isspace():
            continue
        at = _skip(raw, at, node.style)
        length = _matches(raw, at, character, node.style)
        if not length:
            return None
        if index == offset:
            return at
        last, at = index, at + length
    return at + offset - last - 1


def _begin(raw: str, style: str | None) -> int:
    found = _PROPERTIES.match(raw)
    at = found.end() if found else 0
    if style in ("'", '"'):
        return at + 1
    header = _HEADER.match(raw, at) if style in ("|", ">") else None
    return header.end() if header else at


def _skip(raw: str, at: int, style: str | None) -> int:
    while at < len(raw):
        escape = _ESCAPE.match(raw, at) if style == '"' else None
        if escape and (escape[0][1:].isspace() or escape[0][1:] in ("n", "t", "r", "_", "N", "L", "P", "f", "v")):
            at = escape.end()
        elif raw[at].isspace():
            at += 1
        else:
            break
    return at


def _matches(raw: str, at: int, character: str, style: str | None) -> int:
    """How many characters of the file make this one; 0 where they do not."""
    if style == '"' and raw[at : at + 1] == "\\":
        escape = _ESCAPE.match(raw, at)
        return len(escape[0]) if escape else 0
    if raw[at : at + 1] != character:
        return 0
    return 2 if style == "'" and character == "'" else 1
