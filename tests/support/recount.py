"""What do the tellings of runs come to? Counted by brute force, by nothing but the definitions."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from rules.instants import DAY, MINUTE
from support.shapes import TrueRun
from support.streams import KEEP, Sent

FURTHEST_AHEAD = 5 * MINUTE
QUARTER = 15 * MINUTE
BAD = frozenset({"failed", "timed_out", "crashed", "lost"})
ELIGIBLE = BAD | {"succeeded"}
SLEEPERS = frozenset({"temporal", "dbos"})
PATIENCE = DAY


@dataclass
class Heard:
    """(outcome, end, start) of each telling that was taken in, and when the last of them came."""

    tellings: list[tuple[str, int, int]] = field(default_factory=list)
    last: int = 0


@dataclass(frozen=True)
class Ended:
    workflow: str
    outcome: str
    bucket: int
    took: int | None
    cause: str | None  # None: there is none, or it is another run's


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
            of_run.tellings.append((item.telling.outcome, at, min(item.telling.started, at)))
            of_run.last = max(of_run.last, each.received_at)
    known = {key: _end(runs[key], each, now) for key, each in heard.items() if runs[key].counts}
    blamed = {id(runs[key].parent) for key, end in known.items() if end and end[0] in BAD and runs[key].parent}
    ended = [_ended(runs[key], *end, key in blamed) for key, end in known.items() if end]
    return Recount(ended, sum(end is None for end in known.values()))


def _end(run: TrueRun, heard: Heard, now: int) -> tuple[str, int, int] | None:
    """(outcome, end, start); None for a run that is open."""
    started = min((start for _, _, start in heard.tellings if start), default=0)
    ends = [(at, outcome) for outcome, at, _ in heard.tellings if outcome != "running"]
    if ends:
        at, outcome = max(ends)
        return outcome, at, started
    if run.engine in SLEEPERS or heard.last + PATIENCE > now:
        return None
    return "lost", heard.last, started


def _ended(run: TrueRun, outcome: str, at: int, started: int, blamed: bool) -> Ended:
    cause = None
    if outcome in BAD and not blamed:
        told = any(item.telling and item.telling.outcome == outcome for item in run.items)
        cause = run.cause if told else "RunLost"
    took = at - started if started and outcome in ELIGIBLE else None
    return Ended(run.workflow, outcome, at - at % QUARTER, took, cause)


def by_cause(runs: list[Ended]) -> Counter[tuple[str, str]]:
    return Counter((run.workflow, run.cause) for run in runs if run.cause is not None)
