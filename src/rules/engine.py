"""What does this input change, and who hears of it? ``needs`` says which states to fetch, ``step`` decides.

Both are pure: the same configuration, state, input and ``now`` give the same answer, live, replayed or in a test.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from rules import lifecycle, timers
from rules.decisions import Result, Silent, Trouble
from rules.identity import level_of as level_of  # part of what the shell asks for
from rules.inputs import Acted, Armed, Due, Failed, Finished, Heard, Input
from rules.instants import Instant
from rules.keys import MOST_OPEN, OVERFLOWN, key_of, overflow_key, values_of, values_of_run
from rules.kinds import TALK
from rules.memory import Kind, Seen
from rules.model import Run
from rules.needs import Needs as Needs
from rules.needs import conversations_needed as conversations_needed
from rules.needs import needs as needs
from rules.ruleset import CompiledRule, Ruleset
from rules.state import AlertState, Slice
from rules.talking import settle
from rules.telling import Around
from rules.troubles import as_trouble, trouble_rule
from rules.vocabulary import Outcome, Silence


def step(ruleset: Ruleset, states: Slice, item: Input, now: Instant) -> Result:
    """Apply one input at ``now`` (the moment it was received, or the deadline's own time)."""
    around = Around(ruleset, states, now, Result())
    match item:
        case Failed():
            _failed(around, item)
        case Finished():
            _finished(around, item)
        case Heard():
            _watched(around, item.run, _seen(item.run, Kind.OPEN, item.at))
        case Armed():
            _armed(around, item)
        case Due():
            _due(around, item)
        case Acted():
            _acted(around, item)
    return around.result


def _failed(around: Around, item: Failed) -> None:
    matched = around.ruleset.matching(item)
    if item.consequence_of:
        because = f"it failed since run {item.consequence_of}, which it started, did"
        silences = [Silent("", Silence.CONSEQUENCE, rule.name, "", because) for rule in matched.rules]
        around.result.decisions.extend(silences)
        return
    for rule in matched.rules:
        state = _state(around, rule, values_of(rule, item))
        lifecycle.failed(around, rule, _at_level(state, item), item)
    for rule, error in matched.troubles:
        _trouble(around, rule, error, item)


def _at_level(state: AlertState, item: Failed) -> AlertState:
    """A success ends an alert where its latest failure was."""
    level = level_of(item.run.engine, item.run.workflow, item.run.environment)
    newest = item.occurred_at >= state.last_at
    return state if level == state.level or not newest else replace(state, level=level)


def _state(around: Around, rule: CompiledRule, values: tuple[str, ...]) -> AlertState:
    """The state of a key; once too many of the rule's are open, the one of all further keys."""
    key = key_of(rule, values)
    state = around.states.get(key) or AlertState(key, rule.name, values, "")
    if state.open or around.states.open_counts.get(rule.name, 0) < MOST_OPEN:
        return state
    key = overflow_key(rule)
    return around.states.get(key) or AlertState(key, rule.name, OVERFLOWN, "")


def _trouble(around: Around, rule: CompiledRule, error: str, item: Failed) -> None:
    """Neither yes nor no: counted, and told once a day to the policy's first channel."""
    around.result.troubles.append(Trouble(rule.name, error))
    told = trouble_rule(rule)
    if told is not None:
        state = _state(around, told, (rule.name,))
        lifecycle.failed(around, told, state, as_trouble(item, rule.name, error))


def _finished(around: Around, item: Finished) -> None:
    run = item.run
    if run.outcome is Outcome.SUCCEEDED:
        for state in around.states.open_at(level_of(run.engine, run.workflow, run.environment)):
            rule = around.ruleset.rule(state.rule)
            if rule is None or rule.resolve is not None:
                lifecycle.succeeded(around, rule, state, item)
    kind = Kind.SUCCEEDED if run.outcome is Outcome.SUCCEEDED else Kind.ENDED
    seen = _seen(run, kind, item.ended_at)
    _watched(around, run, replace(seen, started_at=item.started_at or run.started_at))


def _seen(run: Run, kind: Kind, at: Instant) -> Seen:
    return Seen(kind, at, f"{run.id}:{kind}", run.id, run.started_at, attempts=run.attempts)


def _watched(around: Around, run: Run, seen: Seen) -> None:
    for rule in around.ruleset.watching(run, seen.kind):
        state = _state(around, rule, values_of_run(rule, run))
        lifecycle.watched(around, rule, state, run, seen)


def _armed(around: Around, item: Armed) -> None:
    rule = around.ruleset.rule(item.rule)
    if rule is not None:
        lifecycle.looked(around, rule, _state(around, rule, item.values))


def _due(around: Around, item: Due) -> None:
    if item.kind == TALK:
        conversation = around.states.conversation(item.owner)
        if conversation is not None:
            conversation.wakes_at = 0
            terms = around.ruleset.terms.get(conversation.policy)
            settle(around.states.talk(conversation), terms, around.now, around.result)
        return
    state = around.states.get(item.owner)
    if state is not None:
        timers.due(around, around.ruleset.rule(state.rule), state, item)


def _acted(around: Around, item: Acted) -> None:
    state = around.states.get(item.alert_key)
    if state is not None and state.open:
        timers.acted(around, around.ruleset.rule(state.rule), state, item)


def armed(ruleset: Ruleset) -> Iterable[Armed]:
    """What has to be looked for though nothing ever came: for each activation of a configuration."""
    for rule in ruleset.scheduled:
        for workflow in rule.match.exact("workflow") or ():
            run = Run("", "", workflow, "", Outcome.MISSED, environment=_only(rule, "environment"))
            yield Armed(rule.name, values_of_run(rule, run))


def _only(rule: CompiledRule, field: str) -> str:
    found = rule.match.exact(field) or ()
    return found[0] if len(found) == 1 else ""
