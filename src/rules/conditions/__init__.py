"""When does a rule's condition hold? One file per condition, one line here."""

from collections.abc import Callable
from typing import Any

from rules.condition_config import ConditionConfig, CountCondition
from rules.conditions import count, each
from rules.instants import MINUTE, Duration
from rules.memory import Condition as Condition

_BUILDERS: dict[type, Callable[[Any], Condition]] = {
    str: each.build,
    CountCondition: count.build,
}


def build(config: ConditionConfig) -> Condition:
    return _BUILDERS[type(config)](config)


def is_scheduled(config: ConditionConfig) -> bool:
    """Whether the condition is about what does not happen, and has to be asked without being shown anything."""
    return any(hasattr(config, name) for name in ("missed",))


def keeps_firing(config: ConditionConfig) -> Duration:
    """How long an alert usually goes on once its condition does not hold any more."""
    return 5 * MINUTE if any(hasattr(config, name) for name in ("rate", "spike", "burn_rate")) else 0
