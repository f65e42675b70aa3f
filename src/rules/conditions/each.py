"""``each``: true whenever a failure occurs. Dedup, not the condition, keeps it from being noise."""

from rules.instants import Instant


class Each:
    def observe(
        self,
        recent: tuple[tuple[Instant, str], ...],
        occurred_at: Instant,  # noqa: ARG002 - the condition looks at nothing
        occurrence: str,  # noqa: ARG002
    ) -> tuple[tuple[tuple[Instant, str], ...], bool]:
        return recent, True


def build(_config: str) -> Each:
    return Each()
