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
        (GOOD, [failed("load", 10, attempts=1), failed("load", 20, attempts=2, kind="Refused")],
         [Try("load", "Timeout", 1, FAILED, 2 * SECOND), Try("load", "Refused", 2, PASSED, 2 * SECOND, 12 * SECOND)]),
        (BAD, [failed("load", 10, attempts=1), failed("load", 20, attempts=2)],
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


def told_of(evidence, told=BAD, run_attempts=0):
    found = tries_of(told, Detail(evidence=evidence, attempts=run_attempts))
    return [(one.step, one.attempt, one.then) for one in found]


@pytest.mark.parametrize(
    ("evidence", "run_attempts", "expected"),
    [
        # Mapped, side by side, without numbers or each with its own first.
        ([failed("load", 10, span=f"s{n}") for n in range(3)], 1, [(1, ENDED)] * 3),
        ([failed("load", 10 + n, took=9, attempts=1, span=f"s{n}") for n in range(3)], 1, [(1, ENDED)] * 3),
        # A loop: rounds that fail one after another.
        ([failed("load", 10 * n) for n in range(1, 4)], 0, [(1, ENDED)] * 3),
        # Two instances that were each tried twice.
        ([failed("load", 10, attempts=1, span="a"), failed("load", 11, attempts=1, span="b"),
          failed("load", 20, attempts=2, span="c"), failed("load", 21, attempts=2, span="d")], 1,
         [(1, FAILED), (2, ENDED)] * 2),
        # One that passed when it was tried again, beside one that did not.
        ([failed("load", 10, attempts=1, span="a"), failed("load", 11, attempts=1, span="b"),
          Evidence(at=30 * SECOND, started_at=25 * SECOND, step="load", attempts=2, span_id="c")], 1,
         [(1, ENDED), (1, PASSED)]),
        # What is begun before the other is over is not its next try, whatever its number.
        ([failed("load", 10, attempts=1), failed("load", 11, took=5, attempts=2)], 1,
         [(1, ENDED), (1, FAILED), (2, ENDED)]),
        # The whole run was tried again, and its step with it.
        ([failed("load", 10), failed("load", 20)], 2, [(1, FAILED), (2, ENDED)]),
        # Told by a span, and once more by a record that knows no start.
        ([failed("load", 10, attempts=1), Evidence(at=10 * SECOND + 200, step="load", failed=True, span_id="log")], 1,
         [(1, ENDED)]),
        # A record announces the second try, another tells how it ended.
        ([Evidence(at=9 * SECOND, step="load", attempts=2, span_id="a"),
          Evidence(at=12 * SECOND, step="load", failed=True, span_id="b")], 1, [(1, FAILED), (2, ENDED)]),
    ],
)  # fmt: skip
def test_instances_of_one_name_are_no_tries_of_each_other(evidence, run_attempts, expected):
    assert sorted(told_of(evidence, run_attempts=run_attempts)) == sorted(("load", *each) for each in expected)


def test_instances_that_failed_in_a_run_that_went_on_are_not_said_to_have_passed():
    mapped = [failed("load", 10, span=f"s{n}") for n in range(3)]
    assert told_of(mapped, GOOD) == [("load", 1, ENDED)] * 3
    assert told_of(mapped[:1], GOOD) == [("load", 1, PASSED)]


@pytest.mark.parametrize("engine", ["dbos", "prefect"])
def test_a_step_that_gave_up_in_a_run_that_handled_it_did_not_pass(engine):
    handled = Told(engine, False, "", "", 2, 60 * SECOND)
    assert told_of([failed("load", 10, attempts=2)], handled) == [("load", 1, FAILED), ("load", 2, ENDED)]


def test_a_run_that_fails_for_no_step_has_a_try_of_its_own_beside_those_of_its_steps():
    bad = Told("prefect", True, "Boom", "", 1, 60 * SECOND)
    handled = Evidence(at=9, started_at=4, step="load", failed=True, attempts=1, type="Timeout")
    assert told_of([handled], bad) == [("load", 1, ENDED), ("", 1, ENDED)]


def test_an_absurd_number_of_tries_is_not_counted_one_by_one():
    assert len(told_of([failed("load", 10, attempts=10_000)])) == 1_000


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
