"""What may a user write under ``condition``? One model for each kind."""

from typing import Annotated, Literal

from pydantic import Field

from rules.sections import ConfigDuration, Section


class CountCondition(Section):
    """True when at least ``count`` failures of one key lie within a half-open window of ``within``."""

    count: Annotated[int, Field(ge=1, le=10_000)]
    within: ConfigDuration


ConditionConfig = Literal["each"] | CountCondition
