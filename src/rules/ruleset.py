"""Which rules does a failure concern, and how bad is it? The configuration, compiled once and indexed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rules.conditions import Condition
from rules.conditions import build as build_condition
from rules.config import ANY_FAILURE, Policy, Rule, SeverityRule
from rules.inputs import Failed
from rules.matchers import Match, compile_match, fields_of
from rules.model import Run
from rules.vocabulary import Severity


@dataclass(slots=True, frozen=True)
class CompiledRule:
    config: Rule
    match: Match
    condition: Condition
    policy: Policy | None

    @property
    def name(self) -> str:
        return self.config.name


class Ruleset:
    """Rules by the workflow they pin, so that a rule for another workflow costs nothing."""

    def __init__(
        self,
        rules: Iterable[Rule] = (ANY_FAILURE,),
        severities: Iterable[SeverityRule] = (),
        policies: Mapping[str, Policy] | None = None,
    ) -> None:
        self.policies = dict(policies or {"default": Policy()})
        self._severities = [(compile_match(rule.match), rule.severity) for rule in severities]
        self._rules = {rule.name: self._compile(rule) for rule in rules}
        self._pinned: dict[str, list[CompiledRule]] = {}
        self._anywhere: list[CompiledRule] = []
        for compiled in self._rules.values():
            self._index(compiled)

    def rule(self, name: str) -> CompiledRule | None:
        return self._rules.get(name)

    def severity_of(self, run: Run) -> Severity:
        """The run's own severity, else the first severity rule that matches, else high."""
        if run.severity is not None:
            return run.severity
        if not self._severities:
            return Severity.HIGH
        fields = fields_of(run)
        return next((severity for match, severity in self._severities if match.matches(fields)), Severity.HIGH)

    def matching(self, failed: Failed) -> list[CompiledRule]:
        candidates = [*self._pinned.get(failed.run.workflow, ()), *self._anywhere]
        if not any(rule.match.tests for rule in candidates):
            return candidates
        fields = fields_of(failed.run, failed.severity)
        return [rule for rule in candidates if rule.match.matches(fields)]

    def _compile(self, rule: Rule) -> CompiledRule:
        return CompiledRule(
            rule, compile_match(rule.match), build_condition(rule.condition), self.policies.get(rule.policy)
        )

    def _index(self, rule: CompiledRule) -> None:
        pinned = rule.match.exact("workflow")
        if pinned is None:
            self._anywhere.append(rule)
            return
        for workflow in pinned:
            self._pinned.setdefault(workflow, []).append(rule)
