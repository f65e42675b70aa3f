"""Which tellings of one step of a run are tries of one and the same thing? Rounds of a loop, mapped and parallel
instances of a step have one name too, and that one of them failed says nothing of whether the next is worth a try.

Tries are told apart by what joins them: the engine's own key, numbers that rise, or a run that was itself tried again.
Failures that only share a name are instances of their own.
"""

from collections.abc import Iterable

from alerting.tracking.record import Evidence
from rules.instants import SECOND

_ONE_END = SECOND  # a span and a log record tell of one end with clocks so far apart
Instance = list[Evidence]


def instances_of(evidence: Iterable[Evidence], run_attempts: int) -> list[Instance]:
    """What is told of each instance of a step, at least one telling, in the order of time. ``run_attempts``: how often
    the run was tried, as far as it was told of the run itself."""
    found: list[Instance] = []
    for each in _once(sorted(each for each in evidence if each.failed or each.attempts > 1)):
        instance = next((one for one in reversed(found) if _goes_on(one, each, run_attempts)), None)
        if instance is None:
            found.append([each])
        else:
            instance.append(each)
    return found


def _once(evidence: list[Evidence]) -> list[Evidence]:
    """Without failures that a record or a callback told once more, which know no start, beside the span."""
    spans = [each for each in evidence if each.failed and each.started_at]
    kept = []
    for each in evidence:
        same = next((span for span in spans if _same_end(span, each)), None) if _is_retold(each) else None
        if same is None:
            kept.append(each)
        else:
            spans.remove(same)
    return kept


def _is_retold(each: Evidence) -> bool:
    return each.failed and not each.started_at


def _same_end(span: Evidence, told: Evidence) -> bool:
    agree = not (span.type and told.type) or span.type == told.type
    numbered = told.attempts > 0 and told.attempts == span.attempts
    return agree and (numbered or abs(span.at - told.at) <= _ONE_END)


def _goes_on(instance: Instance, after: Evidence, run_attempts: int) -> bool:
    """Whether ``after`` is a later try of it, or says how many there were."""
    before = instance[-1]
    if before.tries or after.tries:
        return before.tries == after.tries
    if after.started_at and after.started_at < before.at:
        return False
    if before.attempts and after.attempts:
        return after.attempts > before.attempts
    if is_announced(before):
        return True
    return len(instance) < run_attempts and not before.attempts and not after.attempts


def is_announced(each: Evidence) -> bool:
    """A try that was only said to begin."""
    return not each.failed and not each.started_at
