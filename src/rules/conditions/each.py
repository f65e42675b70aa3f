"""``each``: true whenever a failure occurs. Dedup, not the condition, keeps it from being noise."""

from rules.instants import DAY, Duration, Instant
from rules.state import Recent


class Each:
    @property
    def told_within(self) -> Duration:
        return DAY

    def observe(
        self,
        recent: Recent,
        occurred_at: Instant,
        occurrence: str,  # noqa: ARG002 - every failure is enough by itself
    ) -> tuple[Recent, tuple[Instant, ...]]:
        return recent, (occurred_at,)


def build(_config: str) -> Each:
    return Each()
