"""Which rules does something that happened concern, and how bad is it? The configuration, compiled once and indexed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from rules.calendar.mute import MuteTiming
from rules.conditions import Condition, is_scheduled, keeps_firing
from rules.conditions import build as build_condition
from rules.config import ANY_FAILURE, Policy, Resolve, Rule, SeverityRule
from rules.expressions import Expression, compile_expression, facts_of
from rules.inputs import Failed
from rules.instants import Duration
from rules.matchers import Match, compile_match, fields_of
from rules.memory import Kind
from rules.model import Run
from rules.policy import Owner
from rules.quiet import Inhibit, Maintenance, SilenceConfig
from rules.suppression import Suppressions
from rules.terms import TROUBLE, Terms, trouble_terms
from rules.vocabulary import Severity

_MOST_WORKFLOWS = 10_000


@dataclass(slots=True, frozen=True)
class CompiledRule:
    """``resolve``: None where the condition itself says when it is over. ``terms``: None where no such policy is."""

    config: Rule
    match: Match
    condition: Condition
    terms: Terms | None
    by: tuple[str, ...] = ()
    when: Expression | None = None
    trouble: Terms | None = None
    resolve: Resolve | None = None
    keep: Duration = 0

    @property
    def name(self) -> str:
        return self.config.name


@dataclass(slots=True, frozen=True)
class Matched:
    """The rules that look at a failure, and those that could not say."""

    rules: list[CompiledRule]
    troubles: list[tuple[CompiledRule, str]] = field(default_factory=list)


@dataclass(slots=True, frozen=True)
class Quiet:
    """When nobody is told, and whose alerts are whose."""

    silences: tuple[SilenceConfig, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    inhibit: tuple[Inhibit, ...] = ()
    mute_timings: Mapping[str, MuteTiming] = field(default_factory=dict)
    owners: tuple[Owner, ...] = ()


class Ruleset:
    """Rules by the workflow they pin, so that a rule for another workflow costs nothing."""

    def __init__(
        self,
        rules: Iterable[Rule] = (ANY_FAILURE,),
        severities: Iterable[SeverityRule] = (),
        policies: Mapping[str, Policy] | None = None,
        quiet: Quiet | None = None,
    ) -> None:
        quiet = quiet or Quiet()
        self.terms = {
            name: Terms.of(name, policy, quiet.mute_timings)
            for name, policy in (policies or {"default": Policy()}).items()
        }
        self.terms |= {each.name: each for each in map(trouble_terms, self.terms.values()) if each.policy.channels}
        self.suppressions = Suppressions(quiet.silences, quiet.maintenance, quiet.inhibit)
        self.owners = [(compile_match(owner.match), owner) for owner in quiet.owners]
        self._severities = [(compile_match(rule.match), rule.severity) for rule in severities]
        self._rules = {rule.name: self._compile(rule) for rule in rules}
        self._pinned: dict[str, list[CompiledRule]] = {}
        self._anywhere: list[CompiledRule] = []
        self._candidates: dict[str, tuple[CompiledRule, ...]] = {}
        for compiled in self._rules.values():
            self._index(compiled)

    def rule(self, name: str) -> CompiledRule | None:
        return self._rules.get(name)

    def __iter__(self) -> Iterator[CompiledRule]:
        return iter(self._rules.values())

    def severity_of(self, run: Run) -> Severity:
        """The run's own severity, else the first severity rule that matches, else high."""
        if run.severity is not None:
            return run.severity
        if not self._severities:
            return Severity.HIGH
        return next((severity for match, severity in self._severities if match.matches_run(run)), Severity.HIGH)

    @property
    def scheduled(self) -> list[CompiledRule]:
        """The rules that look for what did not happen."""
        return [rule for rule in self._rules.values() if is_scheduled(rule.config.condition)]

    def watches(self, workflow: str, kind: Kind) -> bool:
        """Whether any rule is to be shown such things of ``workflow``."""
        return any(kind in rule.condition.wants and rule.config.on == "run" for rule in self._of(workflow))

    def watches_tries(self, workflow: str) -> bool:
        return any(rule.config.on == "attempt" for rule in self._of(workflow))

    def watching(self, run: Run, kind: Kind) -> list[CompiledRule]:
        """The rules that are to be shown what became of ``run``. ``when`` is about failures, and is not asked."""
        found = [rule for rule in self._of(run.workflow) if kind in rule.condition.wants and rule.config.on == "run"]
        fields = fields_of(run) if any(rule.match.tests for rule in found) else {}
        return [rule for rule in found if _matches(rule, fields)]

    def touched(self, failed: Failed) -> list[CompiledRule]:
        """The rules that may look at a failure: all that ``matching`` gives and maybe more."""
        on = "attempt" if failed.attempt else "run"
        found = [r for r in self._of(failed.run.workflow) if r.config.on == on and Kind.FAILED in r.condition.wants]
        if not any(rule.match.tests for rule in found):
            return found
        fields = fields_of(failed.run, failed.severity)
        return [rule for rule in found if rule.match.matches(fields)]

    def matching(self, failed: Failed) -> Matched:
        found = self.touched(failed)
        if all(rule.when is None for rule in found):
            return Matched(found)
        facts = facts_of(failed.run, failed.severity, failed.attempt or failed.run.attempts)
        matched = Matched([])
        for rule in found:
            verdict = rule.when.evaluate(facts) if rule.when else None
            if verdict is None or verdict.matched:
                matched.rules.append(rule)
            elif verdict.error:
                matched.troubles.append((rule, verdict.error))
        return matched

    def _of(self, workflow: str) -> tuple[CompiledRule, ...]:
        found = self._candidates.get(workflow)
        if found is None:
            if len(self._candidates) >= _MOST_WORKFLOWS:
                self._candidates.clear()
            near = [*self._pinned.get(workflow, ()), *self._anywhere]
            found = tuple(rule for rule in near if rule.match.holds("workflow", workflow))
            self._candidates[workflow] = found
        return found

    def _compile(self, rule: Rule) -> CompiledRule:
        condition, match = build_condition(rule.condition), compile_match(rule.match)
        usual = None if condition.ends_with_it else _ON_SUCCESS
        keep = rule.keep_firing_for if rule.keep_firing_for is not None else keeps_firing(rule.condition)
        return CompiledRule(
            rule,
            match,
            condition,
            self.terms.get(rule.policy),
            _keyed_by(rule, condition, match),
            compile_expression(rule.when) if rule.when else None,
            self.terms.get(f"{TROUBLE}{rule.policy}"),
            rule.resolve or usual,
            keep,
        )

    def _index(self, rule: CompiledRule) -> None:
        pinned = rule.match.exact("workflow")
        if pinned is None:
            self._anywhere.append(rule)
            return
        for workflow in pinned:
            self._pinned.setdefault(workflow, []).append(rule)


_ON_SUCCESS = Resolve(on_success=1)


def _keyed_by(rule: Rule, condition: Condition, match: Match) -> tuple[str, ...]:
    """``by``, less what runs that did not fail cannot have, where the condition is shown those too. What is scheduled
    may never run: its key is what the rule itself pins."""
    if is_scheduled(rule.condition):
        return tuple(name for name in rule.by if name == "workflow" or len(match.exact(name) or ()) == 1)
    if condition.wants <= {Kind.FAILED}:
        return rule.by
    return tuple(name for name in rule.by if name in OF_RUNS or name.startswith("labels."))


OF_RUNS = frozenset({"workflow", "engine", "environment", "version"})


def _matches(rule: CompiledRule, fields: Mapping[str, str]) -> bool:
    """Tests of what only a failure has are left out: a success must be able to end what they began."""
    return all(test(fields.get(name, "")) for name, test in rule.match.tests if name not in _OF_FAILURES)


_OF_FAILURES = frozenset({
    "severity", "step", "outcome", "error.type", "error.cause_type", "error.message", "error.stack", "run_id", "url",
})  # fmt: skip
