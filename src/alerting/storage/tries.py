"""Which tries of a run failed, and what came after each? Read off the evidence of its steps.

A try is (step, error type, attempt, then): ``step`` is "" for the whole run; attempts count from 1, the tenth stands
for all beyond it; ``then`` says that the next try ``passed`` or ``failed``, or that there was none (``ended``).
"""

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from alerting.storage.instances import Instance, instances_of, is_announced
from alerting.tracking.record import Detail, Evidence
from rules.instants import Duration

PASSED, FAILED, ENDED = "passed", "failed", "ended"
MOST = 10
_MOST_TOLD = 1_000
# Engines that replay what a run did before: of a run that fails only the failed tries are lost.
_DURABLE = frozenset({"dbos", "inngest", "temporal"})
# A step's span is of all its tries.
_TOLD_AT_THE_END = frozenset({"dbos", "prefect"})


class Try(msgspec.Struct, frozen=True):
    """``waste``: how long it took, 0 where that is not known. ``delay``: what was lost from the first failed try on
    until this one ended, where it is the last before one that passed."""

    step: str
    error_type: str
    attempt: int
    then: str
    waste: Duration = 0
    delay: Duration = 0


class Told(msgspec.Struct, frozen=True):
    """What the row of a run tells of its end."""

    engine: str
    bad: bool
    error_type: str
    failing_step: str
    attempts: int
    took: Duration


def tries_of(told: Told, detail: Detail | None) -> list[Try]:
    """Every failed try of a run that ended; ``detail`` is None where nothing is kept of its steps."""
    by_step: dict[str, list[Evidence]] = defaultdict(list)
    for each in detail.evidence if detail else ():
        if (each.step or each.tries) and not each.cancelled:
            by_step[each.step].append(each)
    run_attempts = detail.attempts if detail else 0
    found: list[Try] = []
    for evidence in by_step.values():
        instances = instances_of(evidence, run_attempts)
        found.extend(one for each in instances for one in _of_instance(told, each, alone=len(instances) == 1))
    if told.bad and not any(one.then == ENDED and one.step in {told.failing_step, ""} for one in found):
        of_run = max(run_attempts, len(by_step.get("", ())) + 1)  # the highest number may be of another step
        found.extend(_of_run(told, told.failing_step, of_run if found else told.attempts))
    elif not found and not told.bad and told.attempts > 1:
        found.extend(_of_run(told, "", told.attempts))
    return found


def waste_of(told: Told, tries: list[Try]) -> Duration:
    """What a run spent for nothing: the failed tries of one that ended well, or whose engine replays the rest; else all
    of it."""
    lost = sum(one.waste for one in tries)
    if not told.bad:
        return min(lost, told.took) if told.took else lost
    return lost if told.engine in _DURABLE and lost else max(lost, told.took)


def _of_instance(told: Told, instance: Instance, alone: bool) -> Iterator[Try]:
    step, failed = instance[0].step, [each for each in instance if each.failed]
    passed = _passed(told, instance[-1], alone)
    told_of = max(each.attempts - (passed and not each.failed) for each in instance)
    number = min(max(len(failed), told_of), _MOST_TOLD)
    began = min((each.started_at for each in failed if each.started_at), default=0)
    for attempt in range(1, number + 1):
        one = failed[min(attempt, len(failed)) - 1] if failed else Evidence()
        known = attempt <= len(failed) and one.started_at and one.at
        last = attempt == number
        then = FAILED if not last else PASSED if passed else ENDED
        delay = failed[-1].at - began if last and passed and began else 0
        waste = one.at - one.started_at if known else 0
        yield Try(step, one.type, min(attempt, MOST), then, max(0, waste), max(0, delay))


def _passed(told: Told, last: Evidence, alone: bool) -> bool:
    """Whether it was tried once more, and well, after all that failed. Seldom said: a run that went on had tried again,
    unless its engine tells of a failed step when all tries are over, or the step failed in several instances, of which
    nothing says that they were."""
    if not (last.failed or is_announced(last)):
        return True
    went_on = not (told.bad and last.step in {told.failing_step, ""})
    over = last.failed and told.engine in _TOLD_AT_THE_END
    return went_on and not over and (alone or bool(last.attempts or last.tries))


def _of_run(told: Told, step: str, attempts: int) -> Iterator[Try]:
    """Tries of which only the number is known."""
    number = min(max(attempts, 1) if told.bad else attempts - 1, _MOST_TOLD)
    for attempt in range(1, number + 1):
        then = FAILED if attempt < number else ENDED if told.bad else PASSED
        yield Try(step, told.error_type, min(attempt, MOST), then)
