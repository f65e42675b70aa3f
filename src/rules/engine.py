"""What does this input change, and who hears of it? ``needs`` says which states to fetch, ``step`` decides.

Both are pure: the same configuration, state, input and ``now`` give the same answer, live, replayed or in a test.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from rules import episode, telling
from rules.decisions import Forget, Result, Silent
from rules.identity import alert_key
from rules.identity import level_of as level_of  # part of what the shell asks for
from rules.inputs import Acted, Due, Failed, Input, Succeeded
from rules.instants import DAY, Duration, Instant, format_duration
from rules.ruleset import CompiledRule, Ruleset
from rules.state import AlertState, Slice
from rules.vocabulary import Reason, Silence

TOO_LATE_AFTER: Duration = DAY


@dataclass(slots=True)
class Needs:
    """The states one input can touch: those of ``keys``, and the open ones at ``levels``."""

    keys: set[str] = field(default_factory=set)
    levels: set[str] = field(default_factory=set)


def needs(ruleset: Ruleset, item: Input, into: Needs) -> Needs:
    match item:
        case Failed() if not item.consequence_of:
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
        case Failed() if item.consequence_of:
            because = f"it failed since run {item.consequence_of}, which it started, did"
            silences = [Silent("", Silence.CONSEQUENCE, rule.name, "", because) for rule in ruleset.matching(item)]
            result.decisions.extend(silences)
        case Failed():
            for rule in ruleset.matching(item):
                _failed(rule, states, item, now, result)
        case Succeeded():
            for state in states.open_at(level_of(item.engine, item.workflow, item.environment)):
                _succeeded(ruleset.rule(state.rule), states, state, item, now, result)
        case Due():
            _due(ruleset, states, item, now, result)
        case Acted():
            _acted(states, item, now, result)
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
    level = level_of(item.run.engine, item.run.workflow, item.run.environment)
    state = states.get(key) or AlertState(key, rule.name, values, level)
    recent, window = rule.condition.observe(state.recent, item.occurred_at, item.occurrence)
    if recent is not state.recent or level != state.level:
        newest = item.occurred_at >= state.last_at
        state = replace(state, recent=recent, level=level if newest else state.level)
    if state.open:
        states.put(_another(rule, state, item, now, result))
    elif window:
        states.put(_holds(rule, state, item, window, now, result))
    else:
        states.put(state)


def _another(rule: CompiledRule, before: AlertState, item: Failed, now: Instant, result: Result) -> AlertState:
    """One more failure of an open alert."""
    if now - item.occurred_at > TOO_LATE_AFTER:
        return _too_late(before, "it happened more than a day ago", result)
    state = episode.counted(rule, before, item, now)
    if state.intermittent and not before.intermittent:
        result.deadlines.append(episode.quiet_deadline(rule, state, now))
    if state.severity.rank > before.severity.rank:
        return telling.at_once(rule, state, Reason.SEVERITY_UP, now, result)
    return telling.occurrence(rule, state, now, result)


def _holds(
    rule: CompiledRule, state: AlertState, item: Failed, window: Sequence[Instant], now: Instant, result: Result
) -> AlertState:
    """The condition became true: a new episode, or the last one again if it ended just now."""
    if now - window[-1] > rule.condition.told_within:
        return _too_late(state, f"it was over {format_duration(now - window[-1])} ago", result)
    if not episode.reopens(state, now):
        state = episode.opened(rule, state, item, window, now)
        reason = Reason.LATE if state.late else Reason.FIRST
    elif episode.overtaken(state, item):
        return _too_late(episode.counted(rule, state, item, now), "a later run has succeeded since", result)
    else:
        state, reason = episode.reopened(rule, state, item, now), Reason.REOPENED
    result.deadlines.append(episode.quiet_deadline(rule, state, now))
    return telling.at_once(rule, state, reason, now, result)


def _too_late(state: AlertState, because: str, result: Result) -> AlertState:
    result.decisions.append(Silent("", Silence.TOO_LATE, state.rule, state.alert_id, because))
    return state


def _succeeded(
    rule: CompiledRule | None, states: Slice, before: AlertState, item: Succeeded, now: Instant, result: Result
) -> None:
    state, ends = episode.success(rule, before, item)
    if ends:
        state = _resolved(state, now, result)
    elif state.intermittent and not before.intermittent:
        result.deadlines.append(episode.quiet_deadline(rule, state, now))
    states.put(state)


def _due(ruleset: Ruleset, states: Slice, item: Due, now: Instant, result: Result) -> None:
    state = states.get(item.owner)
    if state is None or not state.open:
        return
    rule = ruleset.rule(state.rule)
    if item.kind == telling.DEDUP:
        states.put(telling.window_ended(rule, state, item.detail, now, result))
    elif item.kind == episode.QUIET:
        wake = episode.quiet_deadline(rule, state, now)
        if wake.due_at > now:
            result.deadlines.append(wake)
        else:
            states.put(_resolved(state, now, result))


def _acted(states: Slice, item: Acted, now: Instant, result: Result) -> None:
    state = states.get(item.alert_key)
    if state is None or not state.open:
        return
    if item.action == "acknowledge":
        states.put(replace(state, acknowledged_by=item.by))
    elif item.action == "resolve":
        states.put(_resolved(state, now, result))


def _resolved(state: AlertState, now: Instant, result: Result) -> AlertState:
    result.deadlines.append(Forget(episode.QUIET, state.key, ""))
    return telling.resolution(episode.resolved(state, now), result)
