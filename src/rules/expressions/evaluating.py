"""What does an expression say of one run? True, false, or why there is no answer; it never raises."""

import re
from dataclasses import dataclass
from datetime import timedelta

from rules.expressions.language import Activation, Program, activation_of, plain
from rules.instants import DAY, Duration
from rules.model import ErrorInfo, Run
from rules.vocabulary import Severity

LONGEST_STACK = 64 * 1024
LONGEST_STRING = 16 * 1024
_LONGEST_ERROR = 500
_LONGEST_DURATION: Duration = 36_500 * DAY
_LARGEST_INT = 2**63 - 1


@dataclass(slots=True, frozen=True)
class Verdict:
    """``error`` says why there was no answer; then nothing matched."""

    matched: bool
    error: str = ""


_MATCHED, _UNMATCHED = Verdict(True), Verdict(False)


@dataclass(slots=True, frozen=True)
class Facts:
    """A run as expressions see it, made once for all of them."""

    activation: Activation


def facts_of(run: Run, severity: Severity | None, attempt: int) -> Facts:
    error = run.error or ErrorInfo()
    values = {
        "workflow": _clean(run.workflow),
        "engine": _clean(run.engine),
        "environment": _clean(run.environment),
        "version": _clean(run.version),
        "run_id": _clean(run.run_id),
        "step": _clean(run.failing_step),
        "outcome": run.outcome.value,
        "severity": severity.value if severity else "",
        "url": _clean(run.url),
        "attempt": _counted(attempt),
        "max_attempts": _counted(run.max_attempts),
        "duration": timedelta(microseconds=_duration(run)),
        "error.type": _clean(error.type),
        "error.cause_type": _clean(error.cause_type),
        "error.message": _clean(error.message),
        "error.stack": _clean(error.stack, LONGEST_STACK),
        "labels": {_clean(name): _clean(value) for name, value in run.labels.items()},
    }
    return Facts(activation_of(values))


def _clean(text: str, longest: int = LONGEST_STRING) -> str:
    # CEL has no memory budget of its own, its binding ends a text at the first NUL and raises on a lone surrogate
    text = text[:longest].replace("\x00", "\ufffd")
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _counted(number: int) -> int:
    return min(max(number, 0), _LARGEST_INT)


def _duration(run: Run) -> Duration:
    if not (run.started_at and run.ended_at):
        return 0
    return min(max(run.ended_at - run.started_at, 0), _LONGEST_DURATION)


def evaluate(program: Program, facts: Facts) -> Verdict:
    try:
        value = program.eval(facts.activation).value()
    except (RuntimeError, ValueError, TypeError) as error:  # over the budget; other errors come as values
        return Verdict(False, _readable(str(error)))
    if value is True:
        return _MATCHED
    return _UNMATCHED if value is False else Verdict(False, _readable(str(value)))


def _readable(error: str) -> str:
    if absent := _ABSENT.search(error):
        key = absent[1][:_LONGEST_ERROR]
        return f"there is no key {key}; to pass over such runs, write {key} in labels && …"
    if "Iteration budget" in error:
        return "it goes through too many elements, 10,000 or more in all"
    return plain(error)[:_LONGEST_ERROR]


_ABSENT = re.compile(r"Key not found in map : (.+)", re.DOTALL)
