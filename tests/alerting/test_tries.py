"""Which tries of a run failed, and what did they cost?"""

import pytest

from alerting.storage.tries import ENDED, FAILED, PASSED, Told, Try, tries_of, waste_of
from alerting.tracking.record import Detail, Evidence
from rules.instants import SECOND

GOOD = Told("otel", False, "", "", 0, 60 * SECOND)
BAD = Told("otel", True, "Timeout", "load", 0, 60 * SECOND)


def failed(step, at, took=2, attempts=0, kind="Timeout", span=""):
    began = (at - took) * SECOND
    return Evidence(
        at=at * SECOND, started_at=began, step=step, failed=True, attempts=attempts, type=kind, span_id=span or f"s{at}"
    )


@pytest.mark.parametrize(
    ("told", "evidence", "expected"),
    [
        (GOOD, [failed("load", 10), failed("load", 20, kind="Refused")],
         [Try("load", "Timeout", 1, FAILED, 2 * SECOND), Try("load", "Refused", 2, PASSED, 2 * SECOND, 12 * SECOND)]),
        (BAD, [failed("load", 10), failed("load", 20)],
         [Try("load", "Timeout", 1, FAILED, 2 * SECOND), Try("load", "Timeout", 2, ENDED, 2 * SECOND)]),
        (BAD, [failed("fetch", 5), failed("load", 10)],
         [Try("fetch", "Timeout", 1, PASSED, 2 * SECOND, 2 * SECOND), Try("load", "Timeout", 1, ENDED, 2 * SECOND)]),
        (BAD, [failed("load", 10, attempts=3)],
         [Try("load", "Timeout", 1, FAILED, 2 * SECOND), Try("load", "Timeout", 2, FAILED),
          Try("load", "Timeout", 3, ENDED)]),
        (GOOD, [Evidence(at=1, step="load", attempts=3)], [Try("load", "", 1, FAILED), Try("load", "", 2, PASSED)]),
        (GOOD, [], []),
        (BAD, [], [Try("load", "Timeout", 1, ENDED)]),
    ],
)  # fmt: skip
def test_tries_are_told_by_their_steps(told, evidence, expected):
    assert tries_of(told, Detail(evidence=evidence)) == expected


def test_of_tries_that_are_only_numbered_the_number_is_told():
    healed = Told("otel", False, "", "", 3, 0)
    assert [one.then for one in tries_of(healed, None)] == [FAILED, PASSED]
    gave_up = Told("otel", True, "Boom", "load", 3, 0)
    assert [(one.step, one.then) for one in tries_of(gave_up, None)] == [
        ("load", FAILED),
        ("load", FAILED),
        ("load", ENDED),
    ]


def test_what_was_cancelled_is_no_try():
    assert tries_of(GOOD, Detail(evidence=[Evidence(at=1, step="load", failed=True, cancelled=True)])) == []


@pytest.mark.parametrize(
    ("engine", "bad", "expected"), [("otel", True, 60), ("dbos", True, 2), ("otel", False, 2), ("dbos", False, 2)]
)
def test_an_engine_that_replays_wastes_only_failed_tries(engine, bad, expected):
    told = Told(engine, bad, "Timeout", "load", 0, 60 * SECOND)
    assert waste_of(told, tries_of(told, Detail(evidence=[failed("load", 10)]))) == expected * SECOND
