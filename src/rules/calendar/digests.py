"""When is the next digest told?"""

from functools import partial

from rules.calendar.clocks import Clock, Wall, next_each, next_once
from rules.instants import DAY, HOUR, MINUTE, Duration, Instant
from rules.policy import Digest


def next_digest(digest: Digest, after: Instant) -> Instant:
    """Strictly after ``after``. Daily: once for each local day, when the clock first shows ``at`` or is put past it.
    Hourly: whenever the clock shows the minute of ``at``."""
    hour, minute = int(digest.at[:2]), int(digest.at[3:])
    clock = Clock(digest.timezone)
    if digest.every == "hourly":
        return next_each(clock, partial(_step, HOUR, minute * MINUTE), after)
    return next_once(clock, partial(_step, DAY, hour * HOUR + minute * MINUTE), after)


def _step(every: Duration, past: Duration, wall: Wall) -> Wall:
    return ((wall - past) // every + 1) * every + past
