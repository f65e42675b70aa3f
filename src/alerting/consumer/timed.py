"""What does the first half of a batch hand to the second? Inputs for the rules with their moments, and deadlines."""

import msgspec

from rules.inputs import Acted, Armed, Failed, Finished, Heard
from rules.instants import SECOND, Duration, Instant

ENRICH = "enrich"
SETTLE = "settle"
ORPHAN = "orphan"
KEEP_TRACE = "trace"
ENRICH_WAIT: Duration = 6 * SECOND
SETTLE_WAIT: Duration = 10 * SECOND
TRACE_WAIT: Duration = 12 * SECOND


class Ended(msgspec.Struct, frozen=True):
    """A success seen in spans: final only when nothing more came for a while. Matters only where an alert is open."""

    run: str
    success: Finished


class Timed(msgspec.Struct, frozen=True):
    """An input for the rules at the ``now`` it holds for, about ``run``."""

    now: Instant
    item: Failed | Finished | Heard | Armed | Acted | Ended
    run: str = ""
