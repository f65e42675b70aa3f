"""How is it told what is wrong with an expression? With its place, and with the remedy, in the words of its writer."""

import difflib
import re
from bisect import bisect_right

from rules.expressions.language import FUNCTIONS, NAMES, plain


class BadExpression(ValueError):
    """What is wrong and how to mend it; ``line`` and ``column`` count from 1 within the expression."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


def bad_at(text: str, offset: int, message: str) -> BadExpression:
    before = text[:offset]
    return BadExpression(message, before.count("\n") + 1, offset - before.rfind("\n"))


_PLACED = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.*)")


def refusal(text: str, told: str) -> BadExpression:
    placed = _PLACED.search(told)
    if "recursion" in told or not placed:
        deep = "it is nested too deeply, or has more than 30 operations in a row; write it as several rules"
        return BadExpression(deep if "recursion" in told else plain(told))
    offset = _offset(text, int(placed[1]), int(placed[2]))
    return bad_at(text, *_explained(text, offset, placed[3]))


def _offset(text: str, line: int, column: int) -> int:
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    start = starts[min(max(line, 1), len(starts)) - 1]
    after = bisect_right(starts, start)
    end = starts[after] - 1 if after < len(starts) else len(text)
    return min(start + max(column, 1) - 1, end)


def _explained(text: str, offset: int, told: str) -> tuple[int, str]:
    if found := _UNDECLARED.search(told):
        return _undeclared(text, offset, found[1])
    if found := _MISTYPED.search(told):
        return offset, _mistyped(text, offset, *found.groups())
    if "token recognition" in told:
        return offset, _unreadable(text, offset)
    if found := _UNEXPECTED.search(told):
        return offset, _unexpected(text[:offset], found[1])
    for pattern, message in _OTHERS:
        if found := pattern.search(told):
            return offset, message.format(*found.groups())
    return offset, plain(told)


_UNDECLARED = re.compile(r"undeclared reference to '(.*?)'")
_MISTYPED = re.compile(r"found no matching overload for '(.*?)' applied to '\((.*)\)'")
_UNEXPECTED = re.compile(r"(?:mismatched|extraneous|alternative at) input '(.*?)'(?: expecting|$| \[)")
HAS = 'has() is for labels, as in has(labels.team); of the rest ask whether it is ""'
_OTHERS = (
    (re.compile(r"missing '(.*?)' at"), "a {} is missing"),
    (re.compile(r"expression of type '(.*)' cannot be the operand"), "a {} has no parts; only error and labels have"),
    (re.compile(r"reserved identifier: (\w+)"), "{} is a word that CEL keeps for itself; take it out"),
    (re.compile(r"has\(\) argument"), HAS),
    (re.compile(r"invalid u?int literal"), "the number is too large; whole numbers have 64 bits"),
    (re.compile(r"Illegal escape sequence"), "there is a wrong \\ in this text; write \\\\ for \\ itself"),
)


def _undeclared(text: str, offset: int, name: str) -> tuple[int, str]:
    message = _no_function(name) if text[offset : offset + 1] == "(" else _no_variable(name)
    start = text.rfind(name, 0, offset + len(name))  # CEL points at the dot or the bracket, people look at the word
    near = 0 <= start <= offset and not text[start + len(name) : offset].strip()
    return (start if near else offset), message


def _no_function(name: str) -> str:
    if name in FUNCTIONS:
        return f"{name}() does not take these arguments; see how many it wants, and what stands before the dot"
    if name in _NO_FUNCTIONS:
        return f"there is no function {name}(); {_NO_FUNCTIONS[name]}"
    near = difflib.get_close_matches(name, FUNCTIONS, 1)
    return f"there is no function {name}(); " + (f"did you mean {near[0]}()?" if near else f"use {_list(FUNCTIONS)}")


_NO_FUNCTIONS = {"not": "write ! for not", "len": "write size(…)"} | dict.fromkeys(
    ("lower", "lowerAscii", "upper", "upperAscii"), 'to pass over the case, write text.re("(?i)…")'
)


def _no_variable(name: str) -> str:
    near = difflib.get_close_matches(name, NAMES, 1)
    return f"there is no {name}; " + (
        f"did you mean {near[0]}?" if near else f'use {_list(NAMES)}, as in labels["team"]'
    )


def _list(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _mistyped(text: str, offset: int, function: str, arguments: str) -> str:
    sign = f"{function}()" if function.isalpha() else re.sub("[_@]", "", function)
    if sign in _ORDER and _of_severity(text, offset):
        return f"severities have no order here; {_RANKED}"
    kinds = [_KINDS.get(kind, kind) for kind in re.split(r",\s*(?![^(]*\))", arguments)]
    return f"{sign} does not take {' and '.join(map(worded, kinds))}; {_remedy(text, sign, kinds)}"


def _of_severity(text: str, offset: int) -> bool:
    return bool(re.search(r"\bseverity\s*$", text[:offset]) or re.match(r"[<>]=?\s*severity\b", text[offset:]))


_RANKED = 'put severity: ">=high" under match, or list those you want, as in severity in ["high", "critical"]'
_KINDS = {"google.protobuf.Duration": "duration", "google.protobuf.Timestamp": "timestamp", "null_type": "null"}
_WORDS = {
    "string": "text (string)",
    "int": "a whole number (int)",
    "uint": "a whole number (uint)",
    "double": "a decimal number (double)",
    "bool": "true or false (bool)",
    "*error*": "what is wrong itself",
}
COMPARE = 'compare it, as in severity == "high"'
_LOGIC = frozenset({"&&", "||", "!", "?:"})
_ORDER = frozenset({"<", "<=", ">", ">="})


def worded(kind: str) -> str:
    return _WORDS.get(kind, f"a {kind}")


def _remedy(text: str, sign: str, kinds: list[str]) -> str:
    found = set(kinds)
    if sign in _LOGIC:
        return _remedy_of_logic(text, sign, kinds)
    if sign in _ORDER and found == {"string"}:
        return 'text has no order here; list what you want, as in severity in ["high", "critical"]'
    if sign == "in" and kinds[1] == "string":
        return "to look inside text, write text.contains(…)"
    return next((remedy for needed, remedy in _REMEDIES if needed <= found), "both must be of one kind")


def _remedy_of_logic(text: str, sign: str, kinds: list[str]) -> str:
    if "has(" in text and "string" in kinds:
        return HAS
    if sign == "?:" and kinds[0] == "bool":
        return "both answers must be true or false"
    return f"it wants true or false, so {COMPARE}"


_REMEDIES = (
    (frozenset({"null"}), 'nothing is null here; what is absent is "" or 0'),
    (frozenset({"duration"}), 'write a span of time as duration("10s")'),
    (frozenset({"string", "int"}), "put the number in quotes, or the text in int(…)"),
    (frozenset({"string", "double"}), "put the number in quotes, or the text in double(…)"),
    (frozenset({"string", "bool"}), 'put it in quotes, as in "true"'),
    (frozenset({"int", "double"}), "leave out the decimal point, or write double(…) around the whole number"),
    (frozenset({"int", "uint"}), "leave out the u"),
    (frozenset({"int"}), "it wants text, so put the number in quotes"),
)


def _unreadable(text: str, offset: int) -> str:
    sign = text[offset : offset + 1]
    if sign in ('"', "'"):
        return f"the text that begins with {sign} does not end, or has a wrong \\ in it; write \\\\ for \\ itself"
    return _SIGNS.get(sign, f"{sign!r} cannot be used here; put text in quotes")


_SIGNS = {"=": "write == to compare", "&": "write && for and", "|": "write || for or"} | dict.fromkeys(
    "“”„‘’", 'write plain quotes: "'
)


def _unexpected(before: str, word: str) -> str:
    if word == "<EOF>":
        return "it ends too early; something is missing at the end"
    if before.rstrip().lower().endswith("not"):
        return "write ! for not"
    return f"{word} is not expected here; {_INSTEAD.get(word.lower(), 'an operator such as && or == may be missing')}"


_INSTEAD = {
    "and": "write && for and",
    "or": "write || for or",
    "is": "write == to compare",
    "not": "write ! for not",
    ")": "there is a bracket too many",
    "]": "there is a bracket too many",
    "}": "there is a bracket too many",
    ">": "write != for unequal, >= for at least",
    "like": "write text.glob(…)",
}
