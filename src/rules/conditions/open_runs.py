"""Which runs are open, and since when? Kept so that what arrives late does not open a run again that has ended.

At most 1,000 open runs of one key are watched; further ones are watched as soon as others have ended and they are heard
of again. Remembered are the last 32 that ended: of an older one, who shows them must know that it has ended.
"""

from collections.abc import Callable, Mapping

from rules.instants import Instant
from rules.memory import Kind, Recent, Seen

Runs = Mapping[str, Instant]
_MOST_OPEN = 1_000
_MOST_ENDED = 32


def name_of(seen: Seen) -> str:
    return seen.run or seen.occurrence


def followed(
    runs: Runs, ended: Recent, seen: Seen, moment: Instant, merge: Callable[[Instant, Instant], Instant]
) -> tuple[Runs, Recent]:
    """The open runs and the ended ones, with what was seen. Two moments of one run are merged."""
    run = name_of(seen)
    if seen.kind is not Kind.OPEN:
        return _without(runs, run), _with_end(ended, (seen.at, run))
    if any(other == run for _, other in ended) or (run not in runs and len(runs) >= _MOST_OPEN):
        return runs, ended
    known = runs.get(run, moment)
    return {**runs, run: merge(known, moment)}, ended


def _without(runs: Runs, run: str) -> Runs:
    if run not in runs:
        return runs
    left = dict(runs)
    del left[run]
    return left


def _with_end(ended: Recent, end: tuple[Instant, str]) -> Recent:
    if any(run == end[1] for _, run in ended):
        return ended
    return tuple(sorted((*ended, end))[-_MOST_ENDED:])


def beyond(runs: Runs, limit: int, now: Instant) -> list[tuple[Instant, str]]:
    """Those whose moment is ``limit`` old or older, the oldest first."""
    if not runs or now < min(runs.values()) + limit:
        return []
    return sorted((at, run) for run, at in runs.items() if now >= at + limit)


def next_beyond(runs: Runs, limit: int) -> Instant | None:
    return min(runs.values()) + limit if runs else None
