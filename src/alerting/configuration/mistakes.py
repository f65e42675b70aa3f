"""What do pydantic's errors mean to whoever wrote the file? One mistake, one message, at the writer's own key."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pydantic_core import ErrorDetails

from alerting.configuration.hints import inside, near, unknown_key
from alerting.configuration.positions import Path, Placed
from alerting.configuration.problems import Problem
from rules.vocabulary import Severity

_OTHER_FORMS = frozenset({"literal_error", "enum", "dict_type", "int_type", "model_type"})
_ANY_SEVERITY = ", ".join(reversed(Severity))


def of_errors(placed: Placed, errors: Iterable[ErrorDetails]) -> Iterator[Problem]:
    """A value that may have several forms fails at each of them; the form that the writer meant is told."""
    found: dict[Path, list[ErrorDetails]] = {}
    for error in errors:
        found.setdefault(_own(placed.value, error), []).append(error)
    for path, each in found.items():
        deeper = any(other[: len(path)] == path and len(other) > len(path) for other in found)
        if not (deeper and (_is_of_one_form(path, each) or each[0]["type"] == "too_short")):
            yield placed.problem(path, _said(placed.value, path, each))


def _own(value: Any, error: ErrorDetails) -> Path:
    """The place without what pydantic puts in for the forms that it tried."""
    path: Path = ()
    for part in error["loc"]:
        under = value.get(part) if isinstance(value, Mapping) else inside(value, part)
        is_there = part in value if isinstance(value, Mapping) else under is not None
        if is_there or (isinstance(value, list) and isinstance(part, int)):
            path, value = (*path, part), under
    is_missing = error["type"] == "missing"
    return (*path, error["loc"][-1]) if is_missing else path


def _is_of_one_form(path: Path, errors: list[ErrorDetails]) -> bool:
    return all(len(error["loc"]) > len(path) for error in errors)


def _said(value: Any, path: Path, errors: list[ErrorDetails]) -> str:
    if any("[key]" in error["loc"] for error in errors):
        more = ["default"] if len(errors) > 1 else []
        return f"is not a severity; {near(path[-1], [*Severity, *more])}"
    own = [error for error in errors if error["type"] not in _OTHER_FORMS]
    if not own or len(errors) == 1:
        return said(value, path, errors[0])
    words = [error["ctx"]["expected"] for error in errors if error["type"] == "literal_error" and "ctx" in error]
    return ", or ".join([said(value, path, own[0]), *(word.replace("'", "") for word in words)])


def said(value: Any, path: Path, error: ErrorDetails) -> str:
    """One of pydantic's errors in words."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return unknown_key(value, path)
    if kind in ("literal_error", "enum"):
        return _not_one_of(error["input"], str(context["expected"]))
    if kind in _SAID:
        return _SAID[kind](context)
    return error["msg"].removeprefix("Value error, ")


def _not_one_of(given: Any, expected: str) -> str:
    words = expected.replace("'", "").replace(" or ", ", ").split(", ")
    if words == ["True"]:
        return "must be true"
    if isinstance(given, str):
        return f"{given!r} is not known here; {near(given, words)}"
    return f"must be {' or '.join(words)}"


_SAID: dict[str, Callable[[dict[str, Any]], str]] = {
    "missing": lambda _: "is missing; add it",
    "string_type": lambda _: "must be text; put it in quotes",
    "string_too_short": lambda _: "must not be empty; write something",
    "string_too_long": lambda context: f"is too long; use at most {context['max_length']} characters",
    "string_pattern_mismatch": lambda _: "must be a time of the day such as 09:00",
    "too_short": lambda _: "must not be empty; add something",
    "dict_type": lambda _: "must be a mapping such as {key: value}",
    "model_type": lambda _: "must be a mapping such as {key: value}",
    "tuple_type": lambda _: "must be a list such as [a, b]",
    "list_type": lambda _: "must be a list such as [a, b]",
    "bool_type": lambda _: "must be true or false",
    "bool_parsing": lambda _: "must be true or false",
    "int_type": lambda _: "must be a whole number",
    "int_parsing": lambda _: "must be a whole number",
    "int_from_float": lambda _: "must be a whole number",
    "float_type": lambda _: "must be a number",
    "float_parsing": lambda _: "must be a number",
    "finite_number": lambda _: "must be a number",
    "greater_than_equal": lambda context: f"must be {context['ge']:g} or more",
    "greater_than": lambda context: f"must be more than {context['gt']:g}",
    "less_than_equal": lambda context: f"must be {context['le']:g} or less",
    "less_than": lambda context: f"must be less than {context['lt']:g}",
}
