"""When is a message tried again, and when given up? Full-jitter back-off, and what the receiver asked for."""

import random

from notifiers.message import Receipt
from rules.instants import DAY, MINUTE, SECOND, Duration, Instant

LONGEST_WAIT: Duration = 15 * MINUTE
BUDGET: Duration = DAY


def given_up(created_at: Instant, now: Instant) -> bool:
    return now - created_at >= BUDGET


def wait_after(attempts: int, receipt: Receipt, chance: random.Random) -> Duration:
    """A random part of 2^attempts seconds (AWS's "full jitter"), at least what ``Retry-After`` said."""
    cap = min(LONGEST_WAIT, SECOND << min(attempts, 20))
    asked = round((receipt.retry_after or 0) * SECOND)
    return max(asked, round(chance.uniform(0, cap)), SECOND // 5)
