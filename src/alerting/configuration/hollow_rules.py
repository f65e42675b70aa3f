"""Can a rule ever do what it says? Its policy, its memory, its key."""

from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from alerting.configuration.hints import inside, no_such
from alerting.configuration.matching import items
from alerting.configuration.model import Retention
from alerting.configuration.positions import Path, Placed
from alerting.configuration.problems import Problem
from rules.condition_config import KINDS, reach
from rules.conditions import build, is_scheduled
from rules.config import Rule
from rules.instants import Duration, format_duration
from rules.matchers import Match, compile_match
from rules.memory import Kind
from rules.ruleset import OF_RUNS

_ALIASED = {"for_": "for"}


def names_twice(placed: Placed, section: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for path, each in items(placed, section):
        name = each.get("name")
        if isinstance(name, str) and name in seen:
            yield placed.problem((*path, "name"), f"{name!r} names two {section}; give each its own name")
        seen.add(name if isinstance(name, str) else "")


def bad_rules(placed: Placed, retention: Retention) -> Iterator[Problem]:
    written = inside(placed.value, "policies")
    policies = {"default", *(written if isinstance(written, Mapping) else ())}
    for path, each in items(placed, "rules"):
        for key in _ALIASED.keys() & each.keys():
            said = f"is not a key that is known here; did you mean {_ALIASED[key]}?"
            yield placed.problem((*path, key), said)
        try:
            rule = Rule.model_validate(each)
        except ValidationError:
            continue
        if rule.policy not in policies:
            yield placed.problem((*path, "policy"), no_such("policy", rule.policy, policies))
        yield from _looks_too_far(placed, path, rule, retention)
        yield from _never_told(placed, path, rule)


def _looks_too_far(placed: Placed, path: Path, rule: Rule, retention: Retention) -> Iterator[Problem]:
    kept, name = retention.failures, "failures"
    if not _of_failures(rule) and retention.runs < kept:
        kept, name = retention.runs, "runs"
    if reach(rule.condition) > kept:
        said = f"looks back {_said(reach(rule.condition))}, longer than retention.{name} ({_said(kept)})"
        yield placed.problem(_place(placed, (*path, "condition")), f"{said}; shorten it, or keep {name} for longer")


def _said(duration: Duration) -> str:
    return format_duration(duration).replace(" ", "")


def _place(placed: Placed, path: Path) -> Path:
    within = (*path, "within")
    return within if within in placed.places else path


def _never_told(placed: Placed, path: Path, rule: Rule) -> Iterator[Problem]:
    """Conditions that are about more than failures."""
    try:
        match = compile_match(rule.match)
    except ValueError:
        return
    if is_scheduled(rule.condition):
        yield from _bad_schedule(placed, path, rule, match)
    elif not _of_failures(rule):
        yield from _bad_key(placed, path, rule)
    if rule.on == "attempt" and not _of_failures(rule):
        said = f"{_kind(rule)} looks at whole runs; leave on out, or use a condition on failures such as count"
        yield placed.problem((*path, "on"), said)


def _bad_schedule(placed: Placed, path: Path, rule: Rule, match: Match) -> Iterator[Problem]:
    if match.exact("workflow") is None:
        said = "what does not run must be named, without * ? [ or ~, as in match: {workflow: nightly-backup}"
        yield placed.problem((*path, "match", *(["workflow"] if "workflow" in rule.match else [])), said)
    for index, name in enumerate(rule.by if "by" in rule.model_fields_set else ()):
        if name != "workflow" and len(match.exact(name) or ()) != 1:
            said = f"what does not run has no {name}; name one under match, or leave it out of by"
            yield placed.problem((*path, "by", index), said)


def _bad_key(placed: Placed, path: Path, rule: Rule) -> Iterator[Problem]:
    for index, name in enumerate(rule.by if "by" in rule.model_fields_set else ()):
        if name not in OF_RUNS and not name.startswith("labels."):
            said = f"{_kind(rule)} looks at runs that did not fail, which have no {name}"
            remedy = f"use {', '.join(sorted(OF_RUNS))} or labels.NAME"
            yield placed.problem((*path, "by", index), f"{said}; {remedy}")


def _of_failures(rule: Rule) -> bool:
    return build(rule.condition).wants <= {Kind.FAILED}


def _kind(rule: Rule) -> str:
    return next((name for name, model in KINDS.items() if isinstance(rule.condition, model)), "each")
