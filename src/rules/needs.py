"""Which remembered states can an input touch? Asked before ``step``, so that a batch fetches all it needs at once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from rules.episode import example_of, example_of_run
from rules.identity import level_of
from rules.inputs import Acted, Armed, Due, Failed, Finished, Heard, Input
from rules.keys import MOST_OPEN, example_of_key, key_of, overflow_key, values_of, values_of_run
from rules.kinds import TALK
from rules.memory import Kind
from rules.model import Run
from rules.ruleset import CompiledRule, Ruleset
from rules.state import AlertState, Example
from rules.telling import lanes_needed
from rules.troubles import trouble_rule
from rules.vocabulary import Outcome

_NEAR = MOST_OPEN - 1_000


@dataclass(slots=True)
class Needs:
    """The states one input can touch: those of ``keys``, the open ones at ``levels``, and ``conversations``."""

    keys: set[str] = field(default_factory=set)
    levels: set[str] = field(default_factory=set)
    conversations: set[str] = field(default_factory=set)


def needs(ruleset: Ruleset, item: Input, into: Needs, open_counts: dict[str, int] | None = None) -> Needs:
    counts = open_counts or {}
    match item:
        case Failed() if not item.consequence_of:
            for rule in ruleset.touched(item):
                into.keys.update(_keys(rule, values_of(rule, item), counts))
        case Finished(run=run):
            if run.outcome is Outcome.SUCCEEDED:
                into.levels.add(level_of(run.engine, run.workflow, run.environment))
            into.keys.update(_watched(ruleset, run, _kind(run), counts))
        case Heard(run=run):
            into.keys.update(_watched(ruleset, run, Kind.OPEN, counts))
        case Armed():
            asked = ruleset.rule(item.rule)
            into.keys.update(_keys(asked, item.values, counts) if asked else ())
        case Due() if item.kind == TALK:
            into.conversations.add(item.owner)
        case Due():
            into.keys.add(item.owner)
        case Acted():
            into.keys.add(item.alert_key)
    return into


def _kind(run: Run) -> Kind:
    return Kind.SUCCEEDED if run.outcome is Outcome.SUCCEEDED else Kind.ENDED


def _watched(ruleset: Ruleset, run: Run, kind: Kind, counts: dict[str, int]) -> Iterator[str]:
    for rule in ruleset.watching(run, kind):
        yield from _keys(rule, values_of_run(rule, run), counts)


def _keys(rule: CompiledRule, values: tuple[str, ...], counts: dict[str, int]) -> Iterator[str]:
    yield key_of(rule, values)
    if counts.get(rule.name, 0) >= _NEAR:
        yield overflow_key(rule)
    if rule.when is not None and (told := trouble_rule(rule)) is not None:
        yield key_of(told, (rule.name,))


def conversations_needed(
    ruleset: Ruleset, states: Iterable[AlertState], items: Iterable[Input], known: set[str]
) -> set[str]:
    """The conversations that a batch may touch, once its ``states`` are there: those that they are in, and those that
    alerts that begin would be in. ``known``: of the talking deadlines themselves. What a step needs beyond these it
    asks for with NotFetched."""
    by_key = {state.key: state for state in states}
    found = set(known)
    for state in by_key.values():
        found.update(state.lanes.values())
        rule = ruleset.rule(state.rule)
        if rule is not None and not (state.open and state.lanes):
            example = state.example if state.examples else example_of_key(rule, state.values)
            found.update(lanes_needed(ruleset, rule, example))
    for item in items:
        for rule, key in _touched(ruleset, item):
            there = by_key.get(key)
            if there is None or not (there.open and there.lanes):
                found.update(lanes_needed(ruleset, rule, _example(rule, item)))
    return found


def _touched(ruleset: Ruleset, item: Input) -> Iterator[tuple[CompiledRule, str]]:
    match item:
        case Failed() if not item.consequence_of:
            for rule in ruleset.touched(item):
                yield rule, key_of(rule, values_of(rule, item))
        case Finished(run=run) | Heard(run=run):
            kind = Kind.OPEN if isinstance(item, Heard) else _kind(run)
            for rule in ruleset.watching(run, kind):
                yield rule, key_of(rule, values_of_run(rule, run))
        case Armed():
            armed = ruleset.rule(item.rule)
            if armed is not None:
                yield armed, key_of(armed, item.values)


def _example(rule: CompiledRule, item: Input) -> Example:
    match item:
        case Failed():
            return example_of(item)
        case Finished(run=run) | Heard(run=run):
            return example_of_run(run, 0)
        case Armed():
            return example_of_key(rule, item.values)
    return Example()
