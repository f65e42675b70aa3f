"""What do the bodies of a batch say? Inbox rows → scrubbed facts; a row that cannot be read keeps its reason."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec
from msgspec.structs import replace

from alerting.inbox.port import InboxRow
from alerting.ingest.changes import Change
from alerting.ingest.encoding import IngestError, decompress
from alerting.ingest.facts import Fact, RunFact
from alerting.ingest.recognise import recognise
from alerting.ingest.seen import SeenFrom
from alerting.scrub import Scrubber
from alerting.tracking.record import with_cause
from rules.fingerprint import fingerprint
from rules.model import ErrorInfo, Fingerprint
from rules.vocabulary import BAD

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


class Print(msgspec.Struct, frozen=True):
    """The fingerprint of an error at a place, made where there was time for it."""

    workflow: str
    step: str
    error: ErrorInfo
    made: Fingerprint


@dataclass(slots=True)
class Decoded:
    """``prints``: fingerprints that are known already; others are made when they are needed."""

    row: InboxRow
    facts: list[Fact] = field(default_factory=list)
    unreadable: str = ""
    seen: SeenFrom = field(default_factory=dict)
    note: str = ""
    changes: list[Change] = field(default_factory=list)
    prints: list[Print] = field(default_factory=list)


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


def prints_of(facts: Iterable[Fact]) -> list[Print]:
    """Of the failures as they are told: one of which more becomes known has another in the end."""
    found = []
    for fact in facts:
        if isinstance(fact, RunFact) and fact.outcome in BAD and fact.error is not None:
            error = with_cause(replace(fact.error, cause_type=""))
            made = fingerprint(fact.workflow, fact.failing_step, error)
            found.append(Print(fact.workflow, fact.failing_step, error, made))
    return found


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
