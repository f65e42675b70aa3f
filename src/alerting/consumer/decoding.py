"""What do the bodies of a batch say? Inbox rows → scrubbed facts; a row that cannot be read keeps its reason."""

from dataclasses import dataclass, field

from msgspec.structs import replace

from alerting.inbox.port import InboxRow
from alerting.ingest.changes import Change
from alerting.ingest.encoding import IngestError, decompress
from alerting.ingest.facts import Fact, RunFact
from alerting.ingest.recognise import recognise
from alerting.ingest.seen import SeenFrom
from alerting.scrub import Scrubber
from rules.model import ErrorInfo

LIMIT = 64 * 1024 * 1024
# What an engine's adapter may run into on input it has never seen. Such a row is set aside, with its reason.
UNREADABLE = (
    IngestError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    MemoryError,
)


@dataclass(slots=True)
class Decoded:
    row: InboxRow
    facts: list[Fact] = field(default_factory=list)
    unreadable: str = ""
    seen: SeenFrom = field(default_factory=dict)
    note: str = ""
    changes: list[Change] = field(default_factory=list)


def decode(row: InboxRow, scrubber: Scrubber) -> Decoded:
    entry = row.entry
    try:
        body = decompress(entry.body, entry.encoding, LIMIT)
        found = recognise(entry.kind, body, entry.media, row.received_at)
        facts = [_scrubbed(fact, scrubber) for fact in found.facts]
        changes = [
            replace(each, title=scrubber.text(each.title), url=scrubber.text(each.url)) for each in found.changes
        ]
        return Decoded(row, facts, seen=found.seen, note="; ".join(found.notes), changes=changes)
    except UNREADABLE as error:
        return Decoded(row, unreadable=f"{type(error).__name__}: {error}"[:500])


def _scrubbed(fact: Fact, scrubber: Scrubber) -> Fact:
    if isinstance(fact, RunFact) and fact.labels:
        fact.labels = scrubber.mapping(fact.labels)
    if fact.error is None:
        return fact
    fact.error = _clean(fact.error, scrubber)
    return fact


def _clean(error: ErrorInfo, scrubber: Scrubber) -> ErrorInfo:
    message = scrubber.text(error.message) if error.message else ""
    stack = scrubber.text(error.stack) if error.stack else ""
    if message == error.message and stack == error.stack:
        return error
    return replace(error, message=message, stack=stack)
