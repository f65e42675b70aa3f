"""What does a condition remember of one key, what is it shown, and what does it answer?"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

import msgspec

from rules.instants import Duration, Instant

Recent = tuple[tuple[Instant, str], ...]


class Memory(msgspec.Struct, frozen=True):
    """What any condition may keep between two inputs; each uses what it needs, and keeps it bounded.

    ``recent``: (event time, occurrence), in order. ``sums``: (bucket, failed, finished), in order. ``runs``: open runs
    by their key, with a time. ``numbers``: whatever a condition counts. ``parts``: of a combination."""

    recent: Recent = ()
    sums: tuple[tuple[int, int, int], ...] = ()
    runs: Mapping[str, Instant] = msgspec.field(default_factory=dict)
    numbers: tuple[int, ...] = ()
    parts: tuple["Memory", ...] = ()


class Kind(StrEnum):
    """What happened to a run. ``ENDED``: cancelled or skipped, neither good nor bad. ``OPEN``: heard of, not ended."""

    FAILED = "failed"
    SUCCEEDED = "succeeded"
    ENDED = "ended"
    OPEN = "open"


class Seen(msgspec.Struct, frozen=True):
    """One thing that happened, as a condition is shown it. ``at`` is event time: when the run ended, or was heard of.
    The same end told twice has the same ``occurrence``. ``novelty`` of a failure's error group: "new", "regressed",
    or ""."""

    kind: Kind
    at: Instant
    occurrence: str
    run: str = ""
    started_at: Instant = 0
    novelty: str = ""
    attempts: int = 0


class Holding(msgspec.Struct, frozen=True):
    """What a condition answers.

    ``times``: of the failures because of which it holds, in order; () where it holds for another reason. ``until``:
    when it stops holding if nothing more happens; None where only an event ends it. ``wake``: when to be asked again
    with ``look``, though nothing happens. ``evidence``: the numbers behind the answer, for people."""

    memory: Memory
    holds: bool
    times: tuple[Instant, ...] = ()
    until: Instant | None = None
    wake: Instant | None = None
    evidence: tuple[tuple[str, str], ...] = ()


class Condition(Protocol):
    """Pure. ``wants``: the kinds of things it is shown. ``ends_with_it``: an alert is over when the condition is, not
    by successes or quiet. ``told_within``: how old the newest of ``times`` may be, to be told at all."""

    @property
    def wants(self) -> frozenset[Kind]: ...

    @property
    def ends_with_it(self) -> bool: ...

    @property
    def told_within(self) -> Duration: ...

    def observe(self, memory: Memory, seen: Seen, now: Instant) -> Holding:
        """Take in one thing. ``holds``: because of it, or (where ``ends_with_it``) still. Things come in any order."""

    def look(self, memory: Memory, now: Instant) -> Holding:
        """Nothing happened, time passed. ``now`` is the deadline's own time."""
