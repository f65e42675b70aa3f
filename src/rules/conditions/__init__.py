"""When does a rule's condition hold? One file per condition, one line here."""

from collections.abc import Callable
from typing import Any

from rules.condition_config import ConditionConfig, CountCondition
from rules.conditions import count, each
from rules.memory import Condition as Condition

_BUILDERS: dict[type, Callable[[Any], Condition]] = {
    str: each.build,
    CountCondition: count.build,
}


def build(config: ConditionConfig) -> Condition:
    return _BUILDERS[type(config)](config)
