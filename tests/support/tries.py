"""Which tries of a run failed, and what came after each? By brute force, by nothing but what was truly tried."""

from collections import defaultdict
from collections.abc import Iterator

from support.shapes import Tried, TrueRun

MOST = 10
Cell = tuple[str, str, int, str]  # step, error, number, what came next


def tries_of(run: TrueRun, bad: bool, error: str, attempts: int) -> Iterator[tuple[Cell, int, int]]:
    """(cell, how long it took, what it delayed) of each. ``attempts``: of the run as a whole, as far as is told."""
    steps = defaultdict(list)
    for tried in sorted((item.tried for item in run.items if item.tried), key=lambda tried: tried.at):
        if tried.cause or tried.number > 1:
            steps[tried.step].append(tried)
    blamed = [(item.tried.at, item.tried.step) for item in run.items if item.tried and item.tried.cause]
    _, at_fault = max(blamed, default=(0, ""))
    found = []
    for step, told in steps.items():
        places = _places(told)
        for one in places:
            found.extend(_of_place(one, went_on=not (bad and step == at_fault), alone=len(places) == 1))
    yield from found
    numbers = [item.tried.number for item in run.items if item.tried]
    if bad and not any(cell[0] == at_fault and cell[3] == "ended" for cell, _, _ in found):
        yield from _of_whole(max(attempts, 1) if found else max([attempts, 1, *numbers]), error, "ended")
    elif not bad and not found and max([attempts, *numbers]) > 1:
        yield from _of_whole(max([attempts, *numbers]) - 1, error, "passed")


def _of_whole(failed: int, error: str, end: str) -> Iterator[tuple[Cell, int, int]]:
    for number in range(1, failed + 1):
        yield ("", error, min(number, MOST), "failed" if number < failed else end), 0, 0


def _places(told: list[Tried]) -> list[list[Tried]]:
    """Rising numbers, one begun when the other was over, are one thing that was tried again; all else is apart."""
    found: list[list[Tried]] = []
    for tried in told:
        before = [one for one in found if 0 < one[-1].number < tried.number and one[-1].at <= tried.started]
        if before:
            before[-1].append(tried)
        else:
            found.append([tried])
    return found


def _of_place(told: list[Tried], went_on: bool, alone: bool) -> Iterator[tuple[Cell, int, int]]:
    failed, well = [tried for tried in told if tried.cause], not told[-1].cause
    passed = well or (went_on and (alone or told[-1].number > 0))
    most = max(len(failed), *(tried.number - (not tried.cause) for tried in told))
    for number in range(1, most + 1):
        one = failed[min(number, len(failed)) - 1] if failed else None
        last = number == most
        took = one.at - one.started if one and number <= len(failed) else 0
        delay = failed[-1].at - failed[0].started if failed and last and passed else 0
        cause = one.cause if one else ""
        yield (told[0].step, cause, min(number, MOST), _then(last, passed)), took, delay


def _then(last: bool, passed: bool) -> str:
    if not last:
        return "failed"
    return "passed" if passed else "ended"
