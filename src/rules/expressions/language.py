"""Which variables and functions does an expression have? The one place that knows the library behind CEL."""

import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, TypeAlias

from cel_expr_python import cel  # type: ignore[import-untyped]

from rules.matchers import compile_glob, compile_search

STRINGS = (
    "workflow", "engine", "environment", "version", "run_id", "step", "outcome", "severity", "url",
    "error.type", "error.cause_type", "error.message", "error.stack",
)  # fmt: skip
NAMES = (*STRINGS, "attempt", "max_attempts", "duration", "labels")
FUNCTIONS = (
    "contains", "startsWith", "endsWith", "matches", "re", "glob", "size", "has", "exists", "exists_one", "all", "map",
    "filter", "int", "double", "string", "bool", "type", "duration", "timestamp", "getHours", "getMinutes",
    "getSeconds", "getMilliseconds",
)  # fmt: skip
Program: TypeAlias = cel.Expression
Activation: TypeAlias = cel.Activation

# The order of strings is left out: "critical" < "high" would be true. bytes() would copy whole stacks.
_LIBRARY = """
stdlib:
  exclude_functions:
    - {name: bytes}
    - {name: _<_, overloads: [{id: less_string}, {id: less_bytes}]}
    - {name: _<=_, overloads: [{id: less_equals_string}, {id: less_equals_bytes}]}
    - {name: _>_, overloads: [{id: greater_string}, {id: greater_bytes}]}
    - {name: _>=_, overloads: [{id: greater_equals_string}, {id: greater_equals_bytes}]}
"""


def program_of(text: str) -> Program:
    """Raises RuntimeError in the words of the library."""
    return _environment().compile(text)


def kind_of(program: Program) -> str:
    """What it gives: BOOL, STRING, INT, DYN, …"""
    return str(program.return_type().name())


def activation_of(values: dict[str, Any]) -> Activation:
    return _environment().Activation(values)


def constant(text: str) -> Any:
    """The value of an expression without variables. Raises ValueError with why it has none."""
    value = program_of(text).eval()
    if value.type() == cel.Type.ERROR:
        raise ValueError(plain(str(value.value())))
    return value.value()


def plain(error: str) -> str:
    """Without the codes that the library puts before and after its words."""
    return _CODES.sub("", error)


_CODES = re.compile(r"^[A-Z_]+: | \[[A-Z_]+\]$")


@lru_cache(512)
def searching(pattern: str) -> Callable[[str], bool]:
    return compile_search(pattern)


@lru_cache(512)
def globbing(pattern: str) -> Callable[[str], bool]:
    return compile_glob(pattern)


@cache  # two threads at once may make two; they are interchangeable
def _environment() -> cel.Env:
    kind = cel.Type
    variables = dict.fromkeys(STRINGS, kind.STRING) | {
        "attempt": kind.INT,
        "max_attempts": kind.INT,
        "duration": kind.DURATION,
        "labels": kind.Map(kind.STRING, kind.STRING),
    }
    functions = [_member("re", _re), _member("glob", _glob)]
    return cel.NewEnv(config=cel.NewEnvConfigFromYaml(_LIBRARY), variables=variables, functions=functions)


def _member(name: str, does: Callable[[str, str], bool]) -> cel.FunctionDecl:
    kind = cel.Type
    overload = cel.Overload(
        f"string_{name}_string", return_type=kind.BOOL, parameters=[kind.STRING, kind.STRING], is_member=True, impl=does
    )
    return cel.FunctionDecl(name, [overload])


def _re(text: str, pattern: str) -> bool:
    return searching(pattern)(text)


def _glob(text: str, pattern: str) -> bool:
    return globbing(pattern)(text)
