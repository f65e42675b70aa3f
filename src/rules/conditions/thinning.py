"""Which moments may be forgotten, though a window with one of them in it must still be found?"""

from collections.abc import Sequence

from rules.instants import Duration, Instant


def superfluous(moments: Sequence[Instant], place: int, window: Duration) -> int | None:
    """One near ``place`` that lies between two others at most ``window`` apart, so that every half-open window of that
    length with it in it has one of the two as well; None where there is none. At most two per window stay."""
    for middle in (place - 1, place, place + 1):
        if 0 < middle < len(moments) - 1 and moments[middle + 1] - moments[middle - 1] <= window:
            return middle
    return None
