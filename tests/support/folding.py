"""From recorded bodies to runs, without a store."""

from collections.abc import Iterable

from alerting.ingest.encoding import decompress
from alerting.ingest.recognise import recognise
from alerting.tracking.book import RunBook
from alerting.tracking.record import RunRecord
from support.corpus import Body

NOW = 1_795_500_000_000_000
KINDS = {"/v1/traces": "traces", "/v1/logs": "logs", "/ingest/inngest": "inngest", "/api/v1/events": "events"}


def fold(bodies: Iterable[Body]) -> dict[str, RunRecord]:
    """Every run that the bodies tell of, by ``workflow/run id``."""
    book = RunBook()
    fold_into(book, bodies)
    return {f"{record.workflow}/{record.run_id}": record for record in book.all()}


def fold_into(book: RunBook, bodies: Iterable[Body]) -> None:
    for body in bodies:
        kind = KINDS.get(body.path)
        if kind is not None:
            plain = decompress(body.body, body.encoding, 2**26)
            for fact in recognise(kind, plain, body.media, NOW).facts:
                book.take(fact, NOW)
