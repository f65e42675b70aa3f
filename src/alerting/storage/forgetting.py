"""What do rules not need any more? States and conversations in which nothing happened for a long time."""

from sqlalchemy import delete, select

from alerting.database.port import Connection
from alerting.storage.schema import AlertStateRow, ConversationRow, DeadlineRow, table
from rules.instants import DAY, Instant

BLANK_SINCE: Instant = 1  # of a row that was made only to be locked: it may go at once
_deadline = table(DeadlineRow)


def day_of(at: Instant) -> Instant:
    """``idle_since`` goes by days, so that the index of it is written once a day and key."""
    return at - at % DAY


def forget_idle(connection: Connection, before: Instant, most: int) -> None:
    """At most so many of each kind: what is closed, waits for nothing, and was not touched since ``before``. One that a
    worker has locked is left for another time."""
    for rows in (table(AlertStateRow), table(ConversationRow)):
        idle = select(rows.c.key).where(rows.c.idle_since > 0, rows.c.idle_since < before)
        idle = idle.where(rows.c.key.not_in(select(_deadline.c.owner))).limit(most)
        connection.execute(delete(rows).where(rows.c.key.in_(idle.with_for_update(skip_locked=True, of=rows))))
