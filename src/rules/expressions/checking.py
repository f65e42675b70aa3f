"""What is wrong with an expression although the library accepts it? Found now, not at the first failure at night."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise

from rules.expressions.language import constant, globbing, searching
from rules.expressions.reading import Token, calls, inside, tokens_of
from rules.expressions.refusing import COMPARE, HAS, BadExpression, bad_at, worded
from rules.vocabulary import Outcome, Severity

LONGEST_TEXT = 10_000
MOST_SUMS = 20


def check_text(text: str) -> None:
    if not text.strip():
        raise BadExpression('the expression is empty; write a condition, such as severity == "high", or leave it out')
    if len(text) > LONGEST_TEXT:
        raise BadExpression(f"{len(text):,} characters are too many; write at most {LONGEST_TEXT:,}")
    for at, character in enumerate(text):
        if "\ud800" <= character <= "\udfff":
            raise bad_at(text, at, "half of a surrogate pair is not a character; take it out")


def check_answer(text: str, kind: str) -> None:
    if kind == "BOOL":
        return
    if kind == "DYN":
        raise BadExpression("it is open whether this gives true or false; compare it, as in … == true")
    remedy = HAS if text.lstrip().startswith("has(") else COMPARE
    raise BadExpression(f"this gives {worded(kind.lower())}, not true or false; {remedy}")


def check_tokens(text: str) -> None:
    """``text`` compiles."""
    tokens = tokens_of(text)
    _check_sums(text, tokens)
    _check_loops(text, tokens)
    _check_literals(text, tokens)
    _check_words(text, tokens)


def _check_sums(text: str, tokens: list[Token]) -> None:
    sums = [token for token in tokens if token.text == "+"]
    if len(sums) > MOST_SUMS:
        raise bad_at(text, sums[MOST_SUMS].start, f"this is the {MOST_SUMS + 1}st +; write at most {MOST_SUMS}")


# What these make or are given inside a loop is kept to its end: ten thousand stacks were the end of the process.
_LOOPS = frozenset({"all", "exists", "exists_one", "map", "filter"})
_COSTLY = {
    "+": "no + inside all, exists, map or filter; compare the parts on their own",
    "re": "no re() inside all, exists, map or filter; use matches()",
    "glob": "no glob() inside all, exists, map or filter; use startsWith(), endsWith(), contains() or matches()",
}


def _check_loops(text: str, tokens: list[Token]) -> None:
    for within in calls(tokens, _LOOPS):
        for token, following in pairwise(within):
            if token.text in _COSTLY and (token.text == "+" or following.text == "("):
                raise bad_at(text, token.start, _COSTLY[token.text])


def _check_literals(text: str, tokens: list[Token]) -> None:
    for call, check in _LITERALS.items():
        for arguments in calls(tokens, frozenset({call})):
            if literal := _last_literal(arguments):
                _check_literal(text, literal, check)


def _converting(call: str, remedy: str) -> Callable[[str], object]:
    def convert(literal: str) -> object:
        try:
            return constant(f"{call}({literal})")
        except ValueError as error:
            raise ValueError(f"{error}; {remedy}") from None

    return convert


_LITERALS: Mapping[str, Callable[[str], object]] = {
    "matches": lambda literal: searching(constant(literal)),
    "re": lambda literal: searching(constant(literal)),
    "glob": lambda literal: globbing(constant(literal)),
    "duration": _converting("duration", 'write it like duration("90s"), duration("10m") or duration("1h30m")'),
    "timestamp": _converting("timestamp", 'write it like timestamp("2026-11-23T08:00:00Z")'),
    "int": _converting("int", "write the number itself"),
    "double": _converting("double", "write the number itself"),
    "getHours": _converting("timestamp(0).getHours", 'write a zone like "Europe/Vienna"'),
    "bool": _converting("bool", "write true or false"),
}


def _last_literal(arguments: list[Token]) -> Token | None:
    if not arguments or arguments[-1].kind != "string":
        return None
    return arguments[-1] if len(arguments) == 1 or arguments[-2].text == "," else None


def _check_literal(text: str, literal: Token, check: Callable[[str], object]) -> None:
    try:
        check(literal.text)
    except ValueError as error:
        raise bad_at(text, literal.start, str(error)) from None


_WORDS: Mapping[str, tuple[str, ...]] = {"severity": tuple(Severity), "outcome": tuple(Outcome)}


def _check_words(text: str, tokens: list[Token]) -> None:
    for name, literal in [*_compared(tokens), *_listed(tokens)]:
        told = str(constant(literal.text))
        if told and told not in _WORDS[name.text]:
            raise bad_at(text, literal.start, _no_word(name.text, told))


def _no_word(name: str, told: str) -> str:
    words = _WORDS[name]
    near = difflib.get_close_matches(told.lower(), words, 1)
    return f"{told!r} is no {name}; " + (f"did you mean {near[0]}?" if near else f"use {', '.join(words)}")


_END = Token("end", "", 0)
_JOINING = frozenset({".", "+", "["})


def _compared(tokens: list[Token]) -> Iterator[tuple[Token, Token]]:
    """Each severity or outcome with the literal that it is compared with."""
    padded = [_END, *tokens, _END]
    for before, left, sign, right, after in _windows(padded):
        if sign.text in ("==", "!=") and before.text not in _JOINING and after.text not in _JOINING:
            name, literal = (right, left) if left.kind == "string" else (left, right)
            if name.text in _WORDS and literal.kind == "string":
                yield name, literal


def _windows(tokens: list[Token]) -> Iterable[tuple[Token, Token, Token, Token, Token]]:
    return zip(tokens, tokens[1:], tokens[2:], tokens[3:], tokens[4:], strict=False)


def _listed(tokens: list[Token]) -> Iterator[tuple[Token, Token]]:
    """Each severity or outcome with every literal of the list that it is looked for in."""
    padded = [_END, *tokens]
    for at, (before, name, word, bracket) in enumerate(zip(padded, tokens, tokens[1:], tokens[2:], strict=False)):
        if before.text not in _JOINING and name.text in _WORDS and word.text == "in" and bracket.text == "[":
            yield from ((name, literal) for literal in _elements(inside(tokens, at + 2)))


def _elements(listed: list[Token]) -> Iterator[Token]:
    comma = Token("sign", ",", 0)
    padded = [comma, *listed, comma]
    for before, literal, after in zip(padded, listed, padded[2:], strict=False):
        if literal.kind == "string" and before.text == after.text == ",":
            yield literal
