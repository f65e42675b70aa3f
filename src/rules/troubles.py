"""A rule that cannot be evaluated is an alert of its own: which rule stands for it, and what does it say?"""

from functools import lru_cache

from msgspec.structs import replace

from rules.conditions import build
from rules.config import Resolve, Rule
from rules.fingerprint import fingerprint
from rules.inputs import Failed
from rules.matchers import compile_match
from rules.model import ErrorInfo
from rules.ruleset import CompiledRule
from rules.terms import Terms
from rules.vocabulary import Severity

NAME = "tocsin:rule-error"
WORKFLOW = "tocsin"
_A_DAY = Resolve.model_validate({"quiet_for": "1d"})


def trouble_rule(rule: CompiledRule) -> CompiledRule | None:
    """None where the rule's policy has no channel to tell."""
    return _standing_for(rule.trouble) if rule.trouble else None


@lru_cache(256)
def _standing_for(terms: Terms) -> CompiledRule:
    config = Rule(name=NAME, by=(), resolve=_A_DAY, severity=Severity.HIGH, policy=terms.name)
    return CompiledRule(config, compile_match({}), build("each"), terms, by=(), resolve=config.resolve)


def as_trouble(item: Failed, rule: str, error: str) -> Failed:
    """The failure that the rule could not judge, as one of the rule itself."""
    told = ErrorInfo("RuleError", f"rule {rule} could not be evaluated: {error}")
    run = replace(item.run, workflow=WORKFLOW, engine="tocsin", environment="", failing_step="", error=told, labels={})
    return replace(item, run=run, fingerprint=fingerprint(WORKFLOW, rule, told), severity=Severity.HIGH)
