"""What does this input change, and who hears of it? ``needs`` says which states to fetch, ``step`` decides.

Both are pure: the same configuration, state, input and ``now`` give the same answer, live, replayed or in a test.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from rules import episode, telling
from rules.decisions import Forget, Result, Silent
from rules.identity import alert_key, digest
from rules.inputs import Acted, Due, Failed, Input, Succeeded
from rules.instants import DAY, Duration, Instant
from rules.ruleset import CompiledRule, Ruleset
from rules.state import AlertState, Slice
from rules.vocabulary import AlertStatus, Reason, Silence

TOO_LATE_AFTER: Duration = DAY


@dataclass(slots=True)
class Needs:
    """The states one input can touch: those of ``keys``, and the open ones at ``levels``."""

    keys: set[str] = field(default_factory=set)
    levels: set[str] = field(default_factory=set)


def level_of(engine: str, workflow: str, environment: str) -> str:
    """The run-level part of every key: where a success may end an alert."""
    return digest("level", engine, workflow, environment)


def needs(ruleset: Ruleset, item: Input, into: Needs) -> Needs:
    match item:
        case Failed():
            into.keys.update(_key(rule, item) for rule in ruleset.matching(item))
        case Succeeded():
            into.levels.add(level_of(item.engine, item.workflow, item.environment))
        case Due():
            into.keys.add(item.owner)
        case Acted():
            into.keys.add(item.alert_key)
    return into


def step(ruleset: Ruleset, states: Slice, item: Input, now: Instant) -> Result:
    """Apply one input at ``now`` (the moment it was received, or the deadline's own time)."""
    result = Result()
    match item:
        case Failed():
            for rule in ruleset.matching(item):
                _failed(rule, states, item, now, result)
        case Succeeded():
            for state in states.open_at(level_of(item.engine, item.workflow, item.environment)):
                _succeeded(ruleset.rule(state.rule), states, state, item, now, result)
        case Due():
            _due(ruleset, states, item, now, result)
        case Acted():
            _acted(ruleset, states, item, now, result)
    return result


def _key(rule: CompiledRule, failed: Failed) -> str:
    return alert_key(rule.name, _values(rule, failed))


def _values(rule: CompiledRule, failed: Failed) -> tuple[str, ...]:
    return tuple(_value(name, failed) for name in rule.config.by)


def _value(name: str, failed: Failed) -> str:
    if name.startswith("labels."):
        return failed.run.labels.get(name.removeprefix("labels."), "")
    return _BY[name](failed)


_BY: dict[str, Callable[[Failed], str]] = {
    "workflow": lambda failed: failed.run.workflow,
    "error_group": lambda failed: failed.fingerprint.group,
    "cause": lambda failed: failed.fingerprint.cause,
    "engine": lambda failed: failed.run.engine,
    "environment": lambda failed: failed.run.environment,
    "version": lambda failed: failed.run.version,
    "step": lambda failed: failed.run.failing_step,
    "severity": lambda failed: failed.severity.value,
    "error_type": lambda failed: failed.run.error.type if failed.run.error else "",
}


def _failed(rule: CompiledRule, states: Slice, item: Failed, now: Instant, result: Result) -> None:
    values = _values(rule, item)
    key = alert_key(rule.name, values)
    state = states.get(key) or AlertState(
        key, rule.name, values, level_of(item.run.engine, item.run.workflow, item.run.environment)
    )
    recent, holds = rule.condition.observe(state.recent, item.occurred_at, item.occurrence)
    state = replace(state, recent=recent)
    if state.open:
        states.put(_counted(rule, state, item, now, result))
    elif not holds:
        states.put(state)
    elif now - item.occurred_at > TOO_LATE_AFTER:
        states.put(state)
        result.decisions.append(Silent("", Silence.TOO_LATE, rule.name, "", "it happened more than a day ago"))
    else:
        states.put(_opened(rule, state, item, now, result))


def _counted(rule: CompiledRule, state: AlertState, item: Failed, now: Instant, result: Result) -> AlertState:
    before = state
    state = episode.counted(rule, state, item, now)
    if state.intermittent and not before.intermittent:
        result.deadlines.append(episode.quiet_deadline(rule, state))
    if state.severity.rank > before.severity.rank:
        return telling.at_once(rule, state, Reason.SEVERITY_UP, now, result)
    return telling.occurrence(rule, state, now, result)


def _opened(rule: CompiledRule, state: AlertState, item: Failed, now: Instant, result: Result) -> AlertState:
    if episode.reopens(state, now):
        state, reason = episode.reopened(rule, state, item, now), Reason.REOPENED
    else:
        state = episode.opened(rule, state, item, now)
        reason = Reason.LATE if state.late else Reason.FIRST
    result.deadlines.append(episode.quiet_deadline(rule, state))
    return telling.at_once(rule, state, reason, now, result)


def _succeeded(
    rule: CompiledRule | None, states: Slice, state: AlertState, item: Succeeded, now: Instant, result: Result
) -> None:
    state, ends = episode.success(rule, state, item)
    if ends:
        state = _resolved(rule, state, now, result)
    states.put(state)


def _due(ruleset: Ruleset, states: Slice, item: Due, now: Instant, result: Result) -> None:
    state = states.get(item.owner)
    if state is None or not state.open:
        return
    rule = ruleset.rule(state.rule)
    if item.kind == telling.DEDUP:
        states.put(telling.window_ended(rule, state, item.detail, now, result))
    elif item.kind == episode.QUIET:
        wake = episode.quiet_deadline(rule, state)
        if wake.due_at > now:
            result.deadlines.append(wake)
        else:
            states.put(_resolved(rule, state, now, result))


def _acted(ruleset: Ruleset, states: Slice, item: Acted, now: Instant, result: Result) -> None:
    state = states.get(item.alert_key)
    if state is None or state.status is not AlertStatus.FIRING:
        return
    if item.action == "acknowledge":
        states.put(replace(state, acknowledged_by=item.by))
    elif item.action == "resolve":
        states.put(_resolved(ruleset.rule(state.rule), state, now, result))


def _resolved(rule: CompiledRule | None, state: AlertState, now: Instant, result: Result) -> AlertState:
    result.deadlines.append(Forget(episode.QUIET, state.key, ""))
    return telling.resolution(rule, episode.resolved(state, now), result)
