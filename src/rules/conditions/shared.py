"""What do several conditions have in common? Which runs they look at, how long a thing is news, and how it is said."""

from collections.abc import Iterable

from rules.instants import DAY, MINUTE, Duration
from rules.memory import Kind

Evidence = tuple[tuple[str, str], ...]

FAILURES = frozenset({Kind.FAILED})
FINISHED = frozenset({Kind.FAILED, Kind.SUCCEEDED})
ANYTHING = frozenset(Kind)
LATENESS: Duration = 15 * MINUTE
NEWS: Duration = DAY


def lateness(window: Duration) -> Duration:
    """For how long after its window is over a condition is still told."""
    return max(window, LATENESS)


def evidence(pairs: Iterable[tuple[str, object]]) -> Evidence:
    return tuple((name, str(value)) for name, value in pairs)


def percent(share: float) -> str:
    return f"{100 * share:.3g} %"
