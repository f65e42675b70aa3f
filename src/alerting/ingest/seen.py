"""How much of what a service sent was understood? Counts for those who ask why something does not show up."""

from collections.abc import Iterable
from dataclasses import dataclass

from alerting.ingest.facts import Fact, RunFact
from rules.vocabulary import BAD, Outcome


@dataclass(slots=True)
class Seen:
    """``items``: spans, records or events. ``running``, ``ended``: facts about whole runs, ``failed`` of the ended ones
    were bad, and ``untyped`` of those told no type of error. What is sent twice counts twice."""

    items: int = 0
    running: int = 0
    ended: int = 0
    failed: int = 0
    untyped: int = 0

    def count(self, facts: Iterable[Fact]) -> None:
        for fact in facts:
            if isinstance(fact, RunFact):
                self._count_run(fact)

    def _count_run(self, fact: RunFact) -> None:
        if fact.outcome is Outcome.RUNNING:
            self.running += 1
            return
        self.ended += 1
        if fact.outcome in BAD:
            self.failed += 1
            self.untyped += fact.error is None or not fact.error.type

    def add(self, other: "Seen") -> None:
        self.items += other.items
        self.running += other.running
        self.ended += other.ended
        self.failed += other.failed
        self.untyped += other.untyped


SeenFrom = dict[tuple[str, str], Seen]  # by (service, engine); "" is unknown
