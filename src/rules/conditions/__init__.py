"""When does a rule's condition hold? One file per condition, one line here."""

from collections.abc import Callable
from typing import Any

from rules import condition_models as models
from rules.condition_config import AllCondition, AnyCondition, ConditionConfig
from rules.conditions import (
    all_of,
    any_of,
    burn_rate,
    consecutive,
    count,
    each,
    missed_interval,
    novelty,
    rate,
    running_longer,
    spike,
    stuck,
)
from rules.instants import MINUTE, Duration
from rules.memory import Condition as Condition

_BUILDERS: dict[type, Callable[[Any], Condition]] = {
    str: each.build,
    models.CountCondition: count.build,
    models.RateCondition: rate.build,
    models.ConsecutiveCondition: consecutive.build,
    models.NewCondition: novelty.build_new,
    models.RegressedCondition: novelty.build_regressed,
    models.SpikeCondition: spike.build,
    models.MissedCondition: missed_interval.build,
    models.RunningLongerCondition: running_longer.build,
    models.StuckCondition: stuck.build,
    models.BurnRateCondition: burn_rate.build,
    AllCondition: lambda config: all_of.build(config, build),
    AnyCondition: lambda config: any_of.build(config, build),
}


def build(config: ConditionConfig) -> Condition:
    return _BUILDERS[type(config)](config)


def is_scheduled(config: ConditionConfig) -> bool:
    """Whether the condition is about what does not happen, and has to be asked without being shown anything."""
    if isinstance(config, AllCondition):
        return any(is_scheduled(part) for part in config.all_)
    if isinstance(config, AnyCondition):
        return any(is_scheduled(part) for part in config.any_)
    return isinstance(config, models.MissedCondition)


def keeps_firing(config: ConditionConfig) -> Duration:
    """How long an alert usually goes on once its condition does not hold any more."""
    return 5 * MINUTE if isinstance(config, _WAVERING) else 0


_WAVERING = (models.RateCondition, models.SpikeCondition, models.BurnRateCondition)
