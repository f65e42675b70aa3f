"""How good is a grouping? Every pair of failures of one engine, asked: one cause or two, one group or two?"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from itertools import combinations

from benchmarks.grouping.jobs import truth_of

from alerting.tracking.record import RunRecord
from rules.fingerprint import fingerprint
from rules.frames import in_app_frames
from rules.model import Fingerprint
from rules.normalise import normalise

Grouping = Callable[[RunRecord], Hashable]
Pair = tuple[RunRecord, RunRecord]


def print_of(run: RunRecord) -> Fingerprint:
    return fingerprint(run.workflow, run.failing_step, run.error)


def top_frame(run: RunRecord) -> Hashable:
    frames = in_app_frames(run.error.stack) or [("", "")]
    return frames[-1 if 'File "' in run.error.stack else 0]


# All know the workflow and the step, as the fingerprint does: what they differ in is how they read the error.
GROUPINGS: dict[str, Grouping] = {
    "fingerprint": lambda run: print_of(run).group,
    "type, message as it is": lambda run: (place_of(run), run.error.type, run.error.message),
    "type, masked message": lambda run: (place_of(run), run.error.type, normalise(run.error.message)),
    "type, top frame": lambda run: (place_of(run), run.error.type, top_frame(run)),
}


def place_of(run: RunRecord) -> tuple[str, str]:
    return run.workflow, run.failing_step


@dataclass
class Score:
    """Of the pairs of two causes (``near``: at one workflow and step) those in one group; of the pairs of one cause
    those in two."""

    pairs: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Score") -> None:
        self.pairs.update(other.pairs)
        self.wrong.update(other.wrong)

    def share(self, kind: str) -> float:
        return self.wrong[kind] / max(1, self.pairs[kind])


def score(runs: list[RunRecord], grouping: Grouping) -> Score:
    group = {run.run_id: grouping(run) for run in runs}
    found = Score()
    for one, other in combinations(runs, 2):
        together = group[one.run_id] == group[other.run_id]
        for kind in _kinds(one, other):
            found.pairs[kind] += 1
            found.wrong[kind] += together is not (kind == "split")
    return found


def _kinds(one: RunRecord, other: RunRecord) -> Iterator[str]:
    """Which mistakes a pair allows."""
    if truth_of(one.run_id)[0] == truth_of(other.run_id)[0]:
        yield "split"
        return
    yield "merged"
    if place_of(one) == place_of(other):
        yield "near"


def mistakes(runs: list[RunRecord]) -> Iterator[str]:
    """What the fingerprint got wrong, a line for each two causes merged and each cause split."""
    groups: dict[str, list[RunRecord]] = defaultdict(list)
    causes: dict[str, list[RunRecord]] = defaultdict(list)
    for run in runs:
        groups[print_of(run).group].append(run)
        causes[truth_of(run.run_id)[0]].append(run)
    merged = {tuple(sorted({truth_of(run.run_id)[0] for run in group})): group[0] for group in groups.values()}
    for names, run in sorted(merged.items()):
        if len(names) > 1:
            yield f"merged {' and '.join(names)}: all have {_told(run)}"
    for cause, of_cause in causes.items():
        yield from _split(cause, of_cause)


def _split(cause: str, runs: list[RunRecord]) -> Iterator[str]:
    parts: dict[str, list[RunRecord]] = defaultdict(list)
    for run in runs:
        parts[print_of(run).group].append(run)
    if len(parts) > 1:
        yield f"split {cause} into {len(parts)}:"
        for part in parts.values():
            yield f"    variants {', '.join(str(truth_of(run.run_id)[1]) for run in part)}: {_told(part[0])}"


def _told(run: RunRecord) -> str:
    evidence = [text for name, text in print_of(run).components if name not in {"workflow", "step"}]
    return " | ".join(evidence)[:400]
