"""Which open runs have fallen silent? One deadline for each, moved when it comes and the run was heard of since."""

from dataclasses import dataclass

from alerting.tracking import fold
from alerting.tracking.patience import Patience
from alerting.tracking.record import RunRecord
from rules.instants import SECOND, Duration, Instant
from rules.vocabulary import Outcome

LOST = "lost"
OWN_SILENCE: Duration = 30 * SECOND  # a deadline that is so late says that we were away, and heard nobody
Deadlines = dict[tuple[str, str, str], Instant | None]


@dataclass(slots=True, frozen=True)
class Watch:
    """``until``: as far as the batch reaches."""

    patience: Patience
    until: Instant
    deadlines: Deadlines

    def look(self, record: RunRecord, now: Instant) -> None:
        """A run that is open is looked for when it falls silent; one that has ended no more."""
        watched = record.detail.watched
        patience = self.patience.with_(record) if record.outcome is Outcome.RUNNING else 0
        if patience != watched:
            record.detail.watched = patience
            self.deadlines[LOST, record.id, ""] = now + patience if patience else None

    def due(self, record: RunRecord, now: Instant) -> bool:
        """Whether it is lost now."""
        patience = self.patience.with_(record)
        if record.outcome is not Outcome.RUNNING or not patience:
            return False
        heard_at = record.heard_at if self.until - now < OWN_SILENCE else self.until
        if heard_at + patience > now:
            self.deadlines[LOST, record.id, ""] = heard_at + patience
            return False
        record.detail.watched = 0
        fold.lose(record)
        return True
