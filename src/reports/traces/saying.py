"""How is a comparison of two runs said in one sentence?"""

from collections.abc import Callable
from typing import TypeAlias

from reports.traces.alignment import Alignment, Divergence, Row

Spoken: TypeAlias = Callable[[int], str]
_SLOWER = 2  # times as long, and by most of what the run took longer


def finding(found: Alignment, spoken: Spoken) -> str:
    """Where the bad run left the way of the good one; else which step took it longer. ``spoken`` says µs in words."""
    if not found.rows:
        return "Neither run has steps to compare."
    if found.first is not None:
        return _said(found.rows[found.first])
    slow = _slower(found)
    if slow is not None and slow.bad and slow.good and slow.ratio:
        times = f"{slow.ratio:.0f} times as long"
        return (
            f"Both runs did the same steps; {slow.name} took {times}: {spoken(slow.bad.took)}, "
            f"not {spoken(slow.good.took)}."
        )
    return "Both runs did the same steps, and none of them took twice as long."


def _said(row: Row) -> str:
    where, bad, good = row.name, row.bad, row.good
    if row.divergence is Divergence.MISSING:
        return f"The good run did {where}; the bad one did not get there."
    if row.divergence is Divergence.EXTRA:
        ended = ", and it failed" if bad and bad.failed else ""
        return f"Only the bad run did {where}{ended}."
    if row.divergence is Divergence.TRIES and bad and good:
        return f"{where} took {_attempts(bad.tries)}; in the good run {_attempts(good.tries)}."
    if bad and bad.failed:
        after = f" after {_attempts(bad.tries)}" if bad.tries > 1 else ""
        return f"{where} failed{after}; in the good run it ended well."
    return f"{where} ended well; in the good run it failed."


def _attempts(count: int) -> str:
    return "1 attempt" if count == 1 else f"{count} attempts"


def _slower(found: Alignment) -> Row | None:
    """The innermost step that took most of the time that the run took longer."""
    rows = [row for row in found.rows if row.ratio and row.ratio >= _SLOWER]
    longest = max((_excess(row) for row in rows), default=0)
    return next((row for row in reversed(rows) if 2 * _excess(row) > longest), None)


def _excess(row: Row) -> int:
    return row.bad.took - row.good.took if row.bad and row.good else 0
