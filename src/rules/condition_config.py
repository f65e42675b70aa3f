"""What may a user write under ``condition``? One model for each kind."""

from typing import Annotated, Literal

from pydantic import Field

from rules.instants import Duration
from rules.sections import ConfigDuration, Section


class CountCondition(Section):
    """True when at least ``count`` failures of one key lie within a half-open window of ``within``."""

    count: Annotated[int, Field(ge=1, le=10_000)]
    within: ConfigDuration

    @property
    def reach(self) -> Duration:
        """How far back it looks at most."""
        return self.within


ConditionConfig = Literal["each"] | CountCondition
