"""When does a rule's condition hold? One file per condition, one line here."""

from collections.abc import Callable
from typing import Literal, Protocol

from rules.conditions import count, each
from rules.config import CountCondition
from rules.instants import Instant

Recent = tuple[tuple[Instant, str], ...]


class Condition(Protocol):
    def observe(self, recent: Recent, occurred_at: Instant, occurrence: str) -> tuple[Recent, bool]:
        """Take in one failure: what to remember, and whether the condition holds because of it.

        ``recent`` is (occurred_at, occurrence) in order of time; failures may arrive in any order."""


ConditionConfig = Literal["each"] | CountCondition
_BUILDERS: dict[type, Callable[..., Condition]] = {
    str: each.build,
    CountCondition: count.build,
}


def build(config: ConditionConfig) -> Condition:
    return _BUILDERS[type(config)](config)
