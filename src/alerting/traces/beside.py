"""What did a good run do otherwise than a bad one? The nearest of which there are spans, and both step by step."""

from collections.abc import Callable
from dataclasses import dataclass

from alerting.database.port import Store
from alerting.ingest.spans import SpanRecord
from alerting.storage import traces
from alerting.traces.neutral import neutral
from alerting.tracking.record import RunRecord
from reports.traces.alignment import Alignment, align
from reports.traces.differing import Difference, differences
from reports.traces.saying import finding
from rules.instants import Instant, format_duration
from rules.vocabulary import BAD

SpansOf = Callable[[str], list[SpanRecord]]


@dataclass(frozen=True, slots=True)
class Beside:
    """``why`` says why there is nothing to compare, where there is nothing; ``good`` may be there all the same."""

    bad: RunRecord
    good: RunRecord | None = None
    why: str = ""
    alignment: Alignment | None = None

    @property
    def same_version(self) -> bool:
        return self.good is not None and self.good.version == self.bad.version

    @property
    def finding(self) -> str:
        return finding(self.alignment, format_duration) if self.alignment else self.why

    @property
    def differing(self) -> tuple[Difference, ...]:
        """What was told of the runs themselves."""
        return differences(_told(self.bad), _told(self.good)) if self.good else ()


def beside(store: Store, spans_of: SpansOf, bad: RunRecord, raw_since: Instant) -> Beside:
    """``raw_since``: how far raw bodies reach back."""
    if bad.outcome not in BAD:
        ended = "is still running" if bad.outcome == "running" else f"ended as {bad.outcome.value.replace('_', ' ')}"
        return Beside(bad, why=f"This run {ended}: only a bad run is laid beside a good one.")
    spans = spans_of(bad.id)
    if not spans:
        return Beside(bad, why="No spans are kept of this run: it was told by an event, or its trace has expired.")
    with store.read() as connection:
        near = traces.good_runs_near(connection, bad, raw_since)
    for good in near:
        if theirs := spans_of(good.id):
            return Beside(bad, good, alignment=align(neutral(spans, bad), neutral(theirs, good)))
    return Beside(bad, why=_none(bad))


def _none(bad: RunRecord) -> str:
    where = f" in {bad.environment}" if bad.environment else ""
    which = f"version {bad.version} or one before it" if bad.version else "any version"
    return (
        f"There is no good run of {bad.workflow}{where}, of {which}, whose spans are still kept. "
        "Raw spans are kept for as long as `retention: {raw: …}` says."
    )


def _told(run: RunRecord) -> dict[str, str]:
    told = {"version": run.version, "attempts": str(run.attempts or ""), **run.detail.labels}
    return {name: value for name, value in told.items() if value}
