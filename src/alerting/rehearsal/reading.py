"""Is this a file of rule tests? Everything that is wrong with it, each with its place and the remedy."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from alerting.configuration import Configuration, Invalid, Problem, load
from alerting.configuration.loading import load_placed
from alerting.configuration.positions import Path as Where
from alerting.configuration.positions import Placed, read
from alerting.ingest import events
from alerting.ingest.facts import RunFact
from alerting.rehearsal.model import Action, Expectation, RuleTest, TestFile, Timing
from rules.instants import Duration, format_instant
from rules.matchers import compile_match

_MODELS: dict[tuple[str, ...], type[BaseModel]] = {
    (): TestFile,
    ("tests",): RuleTest,
    ("tests", "actions"): Action,
    ("tests", "expect"): Expectation,
}
_TIMING = frozenset(Timing.model_fields)
_REMEDIES = {
    "missing": "is missing; add it",
    "too_short": "is empty; write at least one",
    "string_type": "must be text; put it in quotes",
    "dict_type": "must be a mapping, such as {workflow: import}",
    "tuple_type": "must be a list; write [ and ] around it",
    "model_type": "must be a mapping of keys and values",
}
_MOST_EVENTS = 100_000


@dataclass(slots=True, frozen=True)
class Received:
    """One event, and when it came in, from the start."""

    after: Duration
    fact: RunFact


@dataclass(slots=True, frozen=True)
class Prepared:
    """One test, ready to be played; ``received`` in the order in which it came in, ``end`` from the start."""

    line: int
    test: RuleTest
    received: list[Received]
    end: Duration


def read_tests(path: Path) -> tuple[Configuration, list[Prepared]]:
    """Raises Invalid, and OSError where the file cannot be read."""
    placed = read(path.read_text(), str(path))
    if placed.problems:
        raise Invalid(placed.problems)
    try:
        file = TestFile.model_validate(placed.value)
    except ValidationError as error:
        raise Invalid(list(_of_pydantic(placed, error))) from None
    problems: list[Problem] = []
    prepared = [_prepared(placed, index, test, problems) for index, test in enumerate(file.tests)]
    if problems:
        raise Invalid(problems)
    return _configuration(placed, path, file.config), prepared


def _configuration(placed: Placed, path: Path, config: str | dict[str, Any]) -> Configuration:
    if isinstance(config, dict):
        return load_placed(placed.below("config"), "")
    beside = path.parent / config
    try:
        text = beside.read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        message = f"{beside} cannot be read: {why}; name a file beside this one, or write the configuration here"
        raise Invalid([placed.problem(("config",), message)]) from None
    return load(text, str(beside))


def _prepared(placed: Placed, index: int, test: RuleTest, problems: list[Problem]) -> Prepared:
    here: Where = ("tests", index)
    received = list(_received(placed, here, test, problems))
    received.sort(key=lambda each: each.after)
    inputs = [0, *(each.after for each in received), *(action.at for action in test.actions)]
    end = max(max(inputs), test.idle_until or 0)
    problems.extend(_bad_actions(placed, here, test))
    problems.extend(_never_reached(placed, here, test, end))
    return Prepared(placed.place(here)[0], test, received, end)


def _received(placed: Placed, here: Where, test: RuleTest, problems: list[Problem]) -> Iterator[Received]:
    number = 0
    for index, told in enumerate(test.events):
        where = (*here, "events", index)
        try:
            timing = Timing.model_validate({name: told[name] for name in _TIMING if name in told})
        except ValidationError as error:
            problems.extend(_of_pydantic(placed, error, where))
            continue
        event = {name: value for name, value in told.items() if name not in _TIMING}
        for after in timing.at[:_MOST_EVENTS]:
            number += 1
            try:
                yield Received(after + timing.received, _fact(event, test, after, number))
            except ValueError as error:
                problems.append(placed.problem(where, str(error)))
                break


def _fact(event: dict[str, Any], test: RuleTest, after: Duration, number: int) -> RunFact:
    """An event that names no run is one of its own."""
    event = {"occurred_at": format_instant(test.start + after), **event}
    if not any(event.get(name) for name in ("run_id", "id", "trace_id")):
        event["run_id"] = f"event-{number}"
    return events.fact(event, number, test.start + after)


def _bad_actions(placed: Placed, here: Where, test: RuleTest) -> Iterator[Problem]:
    for index, action in enumerate(test.actions):
        try:
            compile_match(action.match)
        except ValueError as error:
            yield placed.problem((*here, "actions", index, action.word), str(error))


def _never_reached(placed: Placed, here: Where, test: RuleTest, end: Duration) -> Iterator[Problem]:
    for index, expected in enumerate(test.expect):
        where = (*here, "expect", index, "at")
        if expected.at is None:
            continue
        if expected.at > end:
            yield placed.problem(where, "is after all that happens; say idle_until: with at least that time")
        if test.expect_none_until is not None and expected.at < test.expect_none_until:
            yield placed.problem(where, "is before expect_none_until; correct one of them")
    if test.expect_none_until is not None and test.expect_none_until > end:
        where = (*here, "expect_none_until")
        yield placed.problem(where, "is after all that happens; say idle_until: with at least that time")


def _of_pydantic(placed: Placed, error: ValidationError, above: Where = ()) -> Iterator[Problem]:
    seen: set[Where] = set()
    for each in error.errors(include_url=False):
        path = (*above, *(part for part in each["loc"] if str(part) not in ("str", "dict[str,any]")))
        if path not in seen:
            seen.add(path)
            yield placed.problem(path, _message(each["type"], each["msg"], path))


def _message(kind: str, message: str, path: Where) -> str:
    if kind in _REMEDIES:
        return _REMEDIES[kind]
    if kind != "extra_forbidden":
        return message.removeprefix("Value error, ")
    model = _MODELS.get(tuple(str(part) for part in path[:-1] if not isinstance(part, int)), TestFile)
    near = difflib.get_close_matches(str(path[-1]), model.model_fields, 1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(model.model_fields)}"
    return f"is not a key that is known here; {hint}"
