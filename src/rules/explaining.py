"""Why does a rule look at something, or not? Every rule's answer to one input, and whom it would tell."""

from dataclasses import dataclass
from typing import Any

from rules.condition_config import KINDS
from rules.episode import example_of, example_of_run
from rules.expressions import facts_of
from rules.inputs import Failed, Finished, Heard
from rules.instants import Duration
from rules.keys import key_of, values_of, values_of_run
from rules.matchers import fields_of
from rules.memory import Kind
from rules.ruleset import CompiledRule, Ruleset
from rules.state import AlertState, Example
from rules.suppression import alert_fields
from rules.telling import group_value, owner_of
from rules.vocabulary import Outcome, Severity, Silence

Parts = tuple[tuple[str, str], ...]
Seen = Failed | Finished | Heard
_WORDS = {Kind.FAILED: "failures", Kind.SUCCEEDED: "successes", Kind.ENDED: "runs that were cancelled or skipped",
          Kind.OPEN: "open runs"}  # fmt: skip


@dataclass(slots=True, frozen=True)
class Tested:
    """One matcher of ``match``."""

    field: str
    wanted: str
    actual: str
    holds: bool


@dataclass(slots=True, frozen=True)
class Route:
    """Whom an alert of this rule is told to. ``silence``: why to nobody. ``group``: what its conversation is about."""

    policy: str
    channels: tuple[str, ...]
    timing: str
    wait: Duration
    spacing: Duration
    group: tuple[tuple[str, str], ...]
    team: str = ""
    silence: str = ""


@dataclass(slots=True, frozen=True)
class RuleVerdict:
    """``key``: the alert's, "" where the rule does not look. ``parts`` of ``when``, each with its answer."""

    rule: str
    condition: str
    matched: bool
    because: str
    tests: tuple[Tested, ...]
    when: str = ""
    parts: Parts = ()
    key: str = ""
    severity: Severity | None = None
    route: Route | None = None


def explain(ruleset: Ruleset, item: Seen) -> list[RuleVerdict]:
    """Every rule's answer, in the order of the file."""
    kind = _kind(item)
    if isinstance(item, Failed):
        found = ruleset.matching(item)
        looking, troubles = found.rules, {rule.name: error for rule, error in found.troubles}
    else:
        looking, troubles = ruleset.watching(item.run, kind), {}
    names = {rule.name for rule in looking}
    return [_verdict(ruleset, rule, item, kind, rule.name in names, troubles.get(rule.name, "")) for rule in ruleset]


def _kind(item: Seen) -> Kind:
    if isinstance(item, Failed):
        return Kind.FAILED
    if isinstance(item, Heard):
        return Kind.OPEN
    return Kind.SUCCEEDED if item.run.outcome is Outcome.SUCCEEDED else Kind.ENDED


def _verdict(ruleset: Ruleset, rule: CompiledRule, item: Seen, kind: Kind, matched: bool, error: str) -> RuleVerdict:
    severity = item.severity if isinstance(item, Failed) else None
    fields = fields_of(item.run, severity)
    wanted = rule.config.match
    tests = tuple(
        Tested(name, _text(wanted[name]), fields.get(name, ""), test(fields.get(name, "")))
        for name, test in rule.match.tests
    )
    parts = _parts(rule, item) if all(each.holds for each in tests) else ()
    because = _because(rule, kind, matched, error, tests, parts)
    told = (rule.name, _condition(rule), matched, because, tests, rule.config.when, parts)
    if not matched:
        return RuleVerdict(*told)
    values = values_of(rule, item) if isinstance(item, Failed) else values_of_run(rule, item.run)
    example = example_of(item) if isinstance(item, Failed) else example_of_run(item.run, item.run.ended_at)
    severity = rule.config.severity or severity or ruleset.severity_of(item.run)
    return RuleVerdict(*told, key_of(rule, values), severity, _route(ruleset, rule, severity, example))


def _condition(rule: CompiledRule) -> str:
    condition = rule.config.condition
    return next((name for name, model in KINDS.items() if isinstance(condition, model)), "each")


def _text(wanted: Any) -> str:
    return " or ".join(map(str, wanted)) if isinstance(wanted, list | tuple) else str(wanted)


def _parts(rule: CompiledRule, item: Seen) -> Parts:
    if rule.when is None or not isinstance(item, Failed):
        return ()
    return tuple(rule.when.parts(facts_of(item.run, item.severity, item.attempt or item.run.attempts)))


def _because(rule: CompiledRule, kind: Kind, matched: bool, error: str, tests: tuple[Tested, ...], parts: Parts) -> str:
    if matched:
        return f"looks at {_WORDS[kind]} like this one"
    if error:
        return f"when could not be evaluated: {error}"
    if kind not in rule.condition.wants:
        return f"does not look at {_WORDS[kind]}"
    wrong = next((each for each in tests if not each.holds), None)
    if wrong is not None:
        return f"{wrong.field} is {wrong.actual!r}, not {wrong.wanted!r}"
    if rule.config.on == "attempt":
        return "looks at single tries, not at what became of the run"
    return f"when is false: {', '.join(text for text, answer in parts if answer != 'true')}"


def _route(ruleset: Ruleset, rule: CompiledRule, severity: Severity, example: Example) -> Route:
    terms = rule.terms
    state = AlertState("", rule.name, (), "", severity=severity, examples=(example,))
    team, _, owned = owner_of(ruleset, alert_fields(state))
    if terms is None:
        return Route(rule.config.policy, (), "", 0, 0, (), team, Silence.NO_POLICY.value)
    policy = terms.policy
    channels = tuple(dict.fromkeys((*policy.channels, *owned)))
    group = tuple((name, group_value(name, rule.name, severity, example)) for name in policy.group_by)
    silence = _silence(rule, channels, policy.when(severity))
    about = (policy.when(severity), policy.wait(severity), policy.spacing(severity), group, team, silence)
    return Route(rule.config.policy, channels, *about)


def _silence(rule: CompiledRule, channels: tuple[str, ...], timing: str) -> str:
    if rule.config.notify == "shadow":
        return Silence.SHADOW.value
    if not channels:
        return Silence.NO_POLICY.value
    return Silence.LOW.value if timing == "never" else ""
