"""Does a run match what a user wrote? Globs, RE2 after ``~ ``, ``>=`` on severity; a list means any of."""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import re2

from rules.model import Run
from rules.vocabulary import Severity

FIELDS = (
    "workflow", "engine", "environment", "version", "run_id", "step", "outcome", "url", "severity", "rule",
    "error.type", "error.cause_type", "error.message", "error.stack",
)  # fmt: skip
Test = Callable[[str], bool]


@dataclass(slots=True, frozen=True)
class Match:
    """All tests must hold. An absent field is ""."""

    tests: tuple[tuple[str, Test], ...]
    pinned: Mapping[str, tuple[str, ...]]

    def matches(self, fields: Mapping[str, str]) -> bool:
        return all(test(fields.get(name, "")) for name, test in self.tests)

    def matches_run(self, run: Run) -> bool:
        """The same for a run whose severity is not known yet: only what is asked for is looked at."""
        return all(test(field_of(run, name)) for name, test in self.tests)

    def holds(self, field: str, value: str) -> bool:
        """Whether ``value`` passes every test of ``field``."""
        return all(test(value) for name, test in self.tests if name == field)

    def exact(self, field: str) -> tuple[str, ...] | None:
        """The literal values that ``field`` must have one of, or None where a pattern decides."""
        return self.pinned.get(field)


def compile_match(spec: Mapping[str, Any]) -> Match:
    """Raises ValueError with what is wrong and how to mend it."""
    tests, pinned = [], {}
    for name, wanted in spec.items():
        _check_field(name)
        patterns = _patterns(name, wanted)
        tests.append((name, _any_of([_test(name, pattern) for pattern in patterns])))
        if all(_is_literal(pattern) for pattern in patterns):
            pinned[name] = tuple(patterns)
    return Match(tuple(tests), pinned)


def fields_of(run: Run, severity: Severity | None = None, rule: str = "") -> dict[str, str]:
    """A run as matchers see it."""
    fields = {name: told(run) for name, told in _OF_RUN.items()}
    fields["severity"], fields["rule"] = severity.value if severity else "", rule
    for name, value in run.labels.items():
        fields[f"labels.{name}"] = value
    return fields


def field_of(run: Run, name: str) -> str:
    """One of its fields; "" for what it has not."""
    told = _OF_RUN.get(name)
    return told(run) if told else run.labels.get(name.removeprefix("labels."), "") if name.startswith("labels.") else ""


_OF_RUN: dict[str, Callable[[Run], str]] = {
    "workflow": lambda run: run.workflow,
    "engine": lambda run: run.engine,
    "environment": lambda run: run.environment,
    "version": lambda run: run.version,
    "run_id": lambda run: run.run_id,
    "step": lambda run: run.failing_step,
    "outcome": lambda run: run.outcome.value,
    "url": lambda run: run.url,
    "error.type": lambda run: run.error.type if run.error else "",
    "error.cause_type": lambda run: run.error.cause_type if run.error else "",
    "error.message": lambda run: run.error.message if run.error else "",
    "error.stack": lambda run: run.error.stack if run.error else "",
}


def _check_field(name: str) -> None:
    if name in FIELDS or (name.startswith("labels.") and len(name) > len("labels.")):
        return
    near = difflib.get_close_matches(name, FIELDS, 1)
    hint = f"did you mean {near[0]}?" if near else f"use one of {', '.join(FIELDS)} or labels.NAME"
    raise ValueError(f"{name!r} is not a field that can be matched; {hint}")


def _patterns(name: str, wanted: Any) -> list[str]:
    values = wanted if isinstance(wanted, list | tuple) else [wanted]
    if not values:
        raise ValueError(f"{name}: an empty list matches nothing; leave the field out, or name a pattern")
    for value in values:
        if not isinstance(value, str):
            raise ValueError(f"{name}: {value!r} is not text; put it in quotes")
    return [str(value) for value in values]


def _test(name: str, pattern: str) -> Test:
    if pattern.startswith("~ "):
        return _searching(name, pattern[2:])
    if pattern.startswith("~"):
        raise ValueError(f"{name}: write a space after the ~ of {pattern!r} for RE2, or [~] for the sign itself")
    if pattern.startswith((">=", "<=")):
        return _ranked(name, pattern)
    if name == "severity" and _is_literal(pattern):
        _severity(pattern)
    return compile_glob(pattern)


def _searching(name: str, pattern: str) -> Test:
    try:
        return compile_search(pattern)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def compile_search(pattern: str) -> Test:
    """Does a text contain a match of this RE2 pattern? Raises ValueError."""
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        raise ValueError(f"the pattern {pattern!r} does not compile as RE2: {_reason(error)}") from None
    return lambda value: compiled.search(value.encode()) is not None  # bytes: half the time, no offsets are made


def _reason(error: Exception) -> str:
    reason = error.args[0] if error.args else error
    return reason.decode() if isinstance(reason, bytes) else str(reason)


def _ranked(name: str, pattern: str) -> Test:
    if name != "severity":
        raise ValueError(f"{name}: {pattern[:2]} compares severities only; use a glob, or RE2 after '~ '")
    limit = _severity(pattern[2:].strip()).rank
    if pattern.startswith(">="):
        return lambda value: value in _RANKS and _RANKS[value] >= limit
    return lambda value: value in _RANKS and _RANKS[value] <= limit


_RANKS: dict[str, int] = {severity.value: severity.rank for severity in Severity}


def _severity(text: str) -> Severity:
    try:
        return Severity(text)
    except ValueError:
        near = difflib.get_close_matches(text, _RANKS, 1)
        hint = f"did you mean {near[0]}?" if near else "use low, medium, high or critical"
        raise ValueError(f"severity: {text!r} is not a severity; {hint}") from None


def _is_literal(pattern: str) -> bool:
    return not (pattern.startswith(("~ ", ">=", "<=")) or any(sign in pattern for sign in "*?["))


def compile_glob(pattern: str) -> Test:
    """``*`` any text, ``?`` one character, ``[abc]`` one of them, ``[!abc]`` none; everything else as it stands.

    Raises ValueError."""
    if _is_literal(pattern):
        return lambda value: value == pattern
    if pattern == "*":
        return lambda _: True
    options = re2.Options()
    options.log_errors = False
    options.dot_nl = True
    try:
        compiled = re2.compile("".join(_as_regex(part) for part in _PARTS.split(pattern)), options)
    except re2.error:
        raise ValueError(f"the glob {pattern!r} has a bad [...]; write [[] for the bracket itself") from None
    return lambda value: compiled.fullmatch(value.encode()) is not None


def exactly(text: str) -> str:
    """The pattern that matches ``text`` alone."""
    pattern = "".join(f"[{sign}]" if sign in "*?[" else sign for sign in text)
    return f"[{pattern[0]}]{pattern[1:]}" if pattern.startswith(("~", ">=", "<=")) else pattern


_PARTS = re.compile(r"(\*|\?|\[!?[^\]]+\])")


def _as_regex(part: str) -> str:
    if part in _GLOB:
        return _GLOB[part]
    if part.startswith("[") and part.endswith("]") and len(part) > 2:
        inside = part[1:-1]
        return f"[^{_inside(inside[1:])}]" if inside.startswith("!") else f"[{_inside(inside)}]"
    return part if "[" in part else re.escape(part)  # an open bracket does not compile, and is told


_GLOB = {"*": ".*", "?": "."}


def _inside(characters: str) -> str:
    return characters.replace("\\", "\\\\").replace("^", "\\^")


def _any_of(tests: list[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]
    return lambda value: any(test(value) for test in tests)
