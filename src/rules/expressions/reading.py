"""Of which words and signs does an expression consist? As far as checks need it that the library does not make."""

import re
from collections.abc import Iterator
from typing import NamedTuple


class Token(NamedTuple):
    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


_TOKEN = re.compile(
    r"""
      (?P<blank>\s+|//[^\n]*)
    | (?P<string>[bB]?[rR](?:\"{3}.*?\"{3}|'{3}.*?'{3}|"[^"\n]*"|'[^'\n]*')
        |[bB]?(?:\"{3}(?:\\.|[^\\])*?\"{3}|'{3}(?:\\.|[^\\])*?'{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
    | (?P<name>[A-Za-z_][A-Za-z_0-9]*|`[^`]*`)
    | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\w*)
    | (?P<sign>&&|\|\||[=!<>]=|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")


def tokens_of(text: str) -> list[Token]:
    found = (Token(str(match.lastgroup), match[0], match.start()) for match in _TOKEN.finditer(text))
    return [token for token in found if token.kind != "blank"]


def calls(tokens: list[Token], names: frozenset[str]) -> Iterator[list[Token]]:
    """What stands between the brackets of each call of one of these."""
    for at, token in enumerate(tokens[:-1]):
        if token.kind == "name" and token.text in names and tokens[at + 1].text == "(":
            yield inside(tokens, at + 1)


def inside(tokens: list[Token], opening: int) -> list[Token]:
    return tokens[opening + 1 : _closing(tokens, opening)]


def split(text: str) -> list[str]:
    """What stands between the outermost && and ||."""
    tokens = _unwrapped(tokens_of(text))
    outermost = {token for token, depth in _depths(tokens) if not depth and token.kind == "sign"}
    if any(token.text == "?" for token in outermost):  # && and || inside a ?: belong to its arms
        return [text.strip()]
    groups: list[list[Token]] = [[]]
    for token in tokens:
        if token in outermost and token.text in ("&&", "||"):
            groups.append([])
        else:
            groups[-1].append(token)
    return [text[group[0].start : group[-1].end] for group in groups]


def _unwrapped(tokens: list[Token]) -> list[Token]:
    while len(tokens) > 2 and tokens[0].text == "(" and _closing(tokens, 0) == len(tokens) - 1:
        tokens = tokens[1:-1]
    return tokens


def _closing(tokens: list[Token], opening: int) -> int:
    return next(at for at, (_, depth) in enumerate(_depths(tokens[opening:]), opening) if not depth and at > opening)


def _depths(tokens: list[Token]) -> Iterator[tuple[Token, int]]:
    """Each token with the number of brackets around it; a bracket itself stands outside."""
    depth = 0
    for token in tokens:
        depth -= token.text in _CLOSING
        yield token, depth
        depth += token.text in _OPENING
