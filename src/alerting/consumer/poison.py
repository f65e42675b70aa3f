"""What does a row that nobody can read become? A failure of Tocsin's own, so that it is told and not only logged."""

from alerting.inbox.port import InboxRow
from alerting.ingest.facts import RunFact
from rules.model import ErrorInfo
from rules.vocabulary import Outcome

WORKFLOW = "tocsin-ingest"


def failure_of(row: InboxRow, reason: str) -> RunFact:
    return RunFact(
        engine="tocsin",
        workflow=WORKFLOW,
        run_id=f"{row.at.segment}-{row.at.row}",
        outcome=Outcome.CRASHED,
        ended_at=row.received_at,
        error=ErrorInfo("UnreadableInput", f"a body received as {row.entry.kind} was set aside: {reason}"),
        told_by_event=True,
    )
