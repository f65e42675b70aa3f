"""Does every ``match`` compile, and every ``when``?"""

from collections.abc import Iterator, Mapping
from typing import Any

from alerting.configuration.expression_places import place_within
from alerting.configuration.hints import inside
from alerting.configuration.positions import Path, Placed, dotted
from alerting.configuration.problems import Problem
from rules.expressions import BadExpression, compile_expression
from rules.matchers import compile_match

_MATCHES = {
    "severity": ("match",),
    "lost_after": ("match",),
    "rules": ("match",),
    "owners": ("match",),
    "silences": ("match",),
    "maintenance": ("match",),
    "inhibit": ("source", "target"),
}
_OF_ALERTS = frozenset({"owners", "silences", "maintenance", "inhibit"})


def items(placed: Placed, section: str) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """What is written in a section, right or wrong."""
    written = inside(placed.value, section)
    for index, each in enumerate(written if isinstance(written, list) else ()):
        if isinstance(each, Mapping):
            yield (section, index), each


def bad_matches(placed: Placed) -> Iterator[Problem]:
    for section, keys in _MATCHES.items():
        for path, written in items(placed, section):
            for key in keys:
                yield from _bad_match(placed, (*path, key), written.get(key))


def _bad_match(placed: Placed, path: Path, match: Any) -> Iterator[Problem]:
    for field, wanted in match.items() if isinstance(match, Mapping) else ():
        if field == "rule" and path[0] not in _OF_ALERTS:
            yield placed.problem((*path, field), "a run has no rule; match on workflow, error.type or the like")
            continue
        values = wanted if isinstance(wanted, list) and wanted else [wanted]
        for index, value in enumerate(values):
            try:
                compile_match({field: value})
            except ValueError as error:
                place = (index,) if isinstance(wanted, list) and wanted and "not a field" not in str(error) else ()
                yield placed.problem((*path, field, *place), str(error))
                if not place:
                    break


def bad_expressions(placed: Placed) -> Iterator[Problem]:
    for path, rule in items(placed, "rules"):
        if isinstance(rule.get("when"), str) and rule["when"]:
            yield from _bad_expression(placed, (*path, "when"), rule["when"])


def _bad_expression(placed: Placed, path: Path, text: str) -> Iterator[Problem]:
    try:
        compile_expression(text)
    except BadExpression as error:
        place = place_within(placed, path, error.line, error.column)
        if place is None:
            yield placed.problem(path, f"{error} (at {error.line}:{error.column} of the expression)")
        else:
            yield Problem(placed.file, *place, dotted(path), str(error))
