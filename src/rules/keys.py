"""Which alert does something belong to? The values of a rule's ``by``, and the key made of them."""

from collections.abc import Callable

from rules.identity import alert_key
from rules.inputs import Failed
from rules.model import Run
from rules.ruleset import CompiledRule
from rules.state import Example

OVERFLOWN = ("overflow",)
MOST_OPEN = 10_000
Values = tuple[str, ...]


def values_of(rule: CompiledRule, failed: Failed) -> Values:
    return tuple(_value(name, failed) for name in rule.by)


def values_of_run(rule: CompiledRule, run: Run) -> Values:
    """What is known of a run that did not fail: it has no error, and so no error group."""
    return tuple(_of_run(name, run) for name in rule.by)


def key_of(rule: CompiledRule, values: Values) -> str:
    return alert_key(rule.name, values)


def overflow_key(rule: CompiledRule) -> str:
    return alert_key(rule.name, OVERFLOWN)


def _value(name: str, failed: Failed) -> str:
    found = _BY.get(name)
    return found(failed) if found else _of_run(name, failed.run)


def _of_run(name: str, run: Run) -> str:
    if name.startswith("labels."):
        return run.labels.get(name.removeprefix("labels."), "")
    found = _OF_RUN.get(name)
    return found(run) if found else ""


_OF_RUN: dict[str, Callable[[Run], str]] = {
    "workflow": lambda run: run.workflow,
    "engine": lambda run: run.engine,
    "environment": lambda run: run.environment,
    "version": lambda run: run.version,
}
_BY: dict[str, Callable[[Failed], str]] = {
    "error_group": lambda failed: failed.fingerprint.group,
    "cause": lambda failed: failed.fingerprint.cause,
    "step": lambda failed: failed.run.failing_step,
    "severity": lambda failed: failed.severity.value,
    "error_type": lambda failed: failed.run.error.type if failed.run.error else "",
}


def example_of_key(rule: CompiledRule, values: Values) -> Example:
    """What is known of an alert about no run at all."""
    named = dict(zip(rule.by, values, strict=False))
    known = {name: named.get(name, "") for name in _OF_RUN}
    return Example(
        engine=known["engine"],
        workflow=known["workflow"],
        environment=known["environment"],
        version=known["version"],
    )
