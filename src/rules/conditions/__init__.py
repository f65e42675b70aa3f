"""When does a rule's condition hold? One file per condition, one line here."""

from collections.abc import Callable
from typing import Literal, Protocol

from rules.conditions import count, each
from rules.config import CountCondition
from rules.instants import Duration, Instant
from rules.state import Recent


class Condition(Protocol):
    @property
    def told_within(self) -> Duration:
        """How old the newest failure that the condition holds because of may be, to be told at all."""

    def observe(self, recent: Recent, occurred_at: Instant, occurrence: str) -> tuple[Recent, tuple[Instant, ...]]:
        """Take in one failure: what to remember, and the times of the failures, in order, because of which the
        condition holds now; none if this failure does not make it hold. Failures may arrive in any order."""


ConditionConfig = Literal["each"] | CountCondition
_BUILDERS: dict[type, Callable[..., Condition]] = {
    str: each.build,
    CountCondition: count.build,
}


def build(config: ConditionConfig) -> Condition:
    return _BUILDERS[type(config)](config)
