"""What do the tellings of runs come to? Counted by brute force, by nothing but the definitions."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from rules.instants import DAY, MINUTE
from support.shapes import TrueRun
from support.streams import KEEP, Sent
from support.tries import Cell, tries_of

FURTHEST_AHEAD = 5 * MINUTE
QUARTER = 15 * MINUTE
BAD = frozenset({"failed", "timed_out", "crashed", "lost"})
ELIGIBLE = BAD | {"succeeded"}
SLEEPERS = frozenset({"temporal", "dbos"})
PATIENCE = DAY
LOW, HIGH = "low", "high"
End = tuple[str, int, str]  # outcome, when, error


@dataclass
class Heard:
    """(end, outcome, start, try, cause) of each telling that was taken in, and when the last of them came."""

    tellings: list[tuple[int, str, int, int, str | None]] = field(default_factory=list)
    last: int = 0


@dataclass(frozen=True)
class Ended:
    workflow: str
    outcome: str
    bucket: int
    took: int | None
    cause: str | None  # None: there is none, or it is another run's
    place: tuple[str, str, str] = ("", "", "")  # environment, version, severity
    healed: bool = False
    waste: int = 0
    tries: tuple[tuple[Cell, int, int], ...] = ()


@dataclass
class Recount:
    runs: list[Ended]
    open_runs: int

    def inside(self, first: int, until: int) -> list[Ended]:
        return [run for run in self.runs if first <= run.bucket < until]


def recount(sent: list[Sent], now: int) -> Recount:
    heard: dict[int, Heard] = defaultdict(Heard)
    runs: dict[int, TrueRun] = {}
    for each in sent:
        for item in each.items:
            runs[id(item.run)] = item.run
            if item.telling is None:
                continue
            at = item.telling.at or each.received_at
            at = each.received_at if at > each.received_at + FURTHEST_AHEAD else at
            if at < each.received_at - KEEP:
                continue
            of_run = heard[id(item.run)]
            told = item.telling
            of_run.tellings.append((at, told.outcome, min(told.started, at), told.attempt, told.cause))
            of_run.last = max(of_run.last, each.received_at)
    known = {key: _end(runs[key], each, now) for key, each in heard.items() if runs[key].counts}
    blamed = {id(runs[key].parent) for key, end in known.items() if end and end[0] in BAD and runs[key].parent}
    ended = [_ended(runs[key], heard[key], end, key in blamed) for key, end in known.items() if end]
    return Recount(ended, sum(end is None for end in known.values()))


def _end(run: TrueRun, heard: Heard, now: int) -> End | None:
    """None for a run that is open."""
    ends = [(at, outcome, cause) for at, outcome, _, _, cause in heard.tellings if outcome != "running"]
    if ends:
        at, outcome, cause = max(ends, key=lambda end: end[:2])
        return outcome, at, run.cause if cause is None else cause
    if run.engine in SLEEPERS or heard.last + PATIENCE > now:
        return None
    return "lost", heard.last, "RunLost"


def _ended(run: TrueRun, heard: Heard, end: End, blamed: bool) -> Ended:
    outcome, at, error = end
    started = min((start for _, _, start, _, _ in heard.tellings if start), default=0)
    eligible, bad = outcome in ELIGIBLE, outcome in BAD
    took = max(0, at - started) if started and eligible else None  # one that began after its end took no time
    attempts = max(attempt for *_, attempt, _ in heard.tellings)
    tries = tuple(tries_of(run, bad, error if bad else "", attempts)) if eligible else ()
    again = max([attempts, *(item.tried.number for item in run.items if item.tried)]) > 1
    told_bad = bad or outcome == "missed"
    severity = run.severity or (LOW if run.engine == "otel" else HIGH) * told_bad
    return Ended(
        run.workflow, outcome, at - at % QUARTER, took, error if bad and not blamed else None,
        (run.environment, run.version, severity), outcome == "succeeded" and again,
        _waste(run, bad, tries, took or 0) if eligible else 0, tries,
    )  # fmt: skip


def _waste(run: TrueRun, bad: bool, tries: Iterable[tuple[Cell, int, int]], took: int) -> int:
    """Of a run that ended badly all of it, but where the engine replays what went well; else what failed."""
    lost = sum(spent for _, spent, _ in tries)
    if not bad:
        return min(lost, took) if took else lost
    return lost if run.engine in SLEEPERS and lost else max(lost, took)


def by_cause(runs: list[Ended]) -> Counter[tuple[str, str]]:
    return Counter((run.workflow, run.cause) for run in runs if run.cause is not None)
