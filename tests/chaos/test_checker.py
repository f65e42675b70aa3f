"""Does the checker of the chaos runs find each violation, and nothing where all is well?"""

from dataclasses import replace

import pytest

from chaos.checker import Counted, Disturbance, Evidence, Heard, Occurrence, Part, violations

KILL, AWAY = True, False
PAY = ("pay", "Timeout")
BAD, WORSE, GOOD = Occurrence(*PAY, "r1"), Occurrence(*PAY, "r2"), Occurrence("pay", "", "r3")
FIRST = Part("a1", PAY, "first", "firing", 1)
OVER = Part("a1", PAY, "resolved", "resolved", 2)
BACK = Part("a1", PAY, "reopened", "firing", 3)


def heard(
    part: Part, at: float, message: str = "", channel: str = "ops", status: int = 200, took: float = 0.1
) -> Heard:
    return Heard(channel, message or part.reason, (part,), at, status, at + took if status else 0.0)


COUNTED = Counted(
    runs=[("pay", "r1", "failed"), ("pay", "r2", "failed"), ("pay", "r3", "succeeded")],
    failures=[BAD, WORSE],
    groups={PAY: 2},
    alerted={PAY: 2},
    alerts={"a1": (PAY, "resolved")},
)
WELL = Evidence(
    sent=[BAD, WORSE, GOOD],
    acknowledged=[BAD, WORSE, GOOD],
    counted=COUNTED,
    channels=["ops"],
    heard=[heard(FIRST, 1), heard(OVER, 5)],
)


def hearing(*said: Heard) -> Evidence:
    return replace(WELL, heard=said)


def counting(**changed: object) -> Evidence:
    return replace(WELL, counted=replace(COUNTED, **changed))


@pytest.mark.parametrize(
    "well",
    [
        WELL,
        replace(WELL, acknowledged=[BAD, GOOD]),
        replace(WELL, acknowledged=[BAD, BAD, WORSE, GOOD]),
        hearing(heard(FIRST, 1, status=500), heard(FIRST, 2), heard(OVER, 5)),
        hearing(heard(FIRST, 1, status=0), heard(FIRST, 2), heard(OVER, 5)),
        hearing(heard(FIRST, 1, took=11), heard(FIRST, 2), heard(OVER, 15)),
        hearing(heard(replace(OVER, reason="recovered"), 1)),
        hearing(heard(FIRST, 1), heard(OVER, 5), heard(BACK, 6), heard(replace(OVER, count=3), 9, "over again")),
        replace(hearing(heard(replace(OVER, reason="recovered"), 1, "m"), heard(replace(FIRST, count=3), 2, "m"),
                        heard(replace(OVER, count=3), 3)), disturbances=[Disturbance(1.1, 1.1, KILL)]),
        # What may not have been heard is said anew as it is by then.
        hearing(heard(replace(OVER, reason="recovered"), 1, "m", status=0), heard(replace(FIRST, count=3), 2, "m"),
                heard(replace(OVER, count=3), 3)),
    ],
)  # fmt: skip
def test_nothing_is_found_where_all_is_well(well):
    assert violations(well) == []


@pytest.mark.parametrize(
    ("ill", "said"),
    [
        (counting(failures=[BAD], groups={PAY: 1}, alerted={PAY: 1}), "lost: failure"),
        (counting(runs=COUNTED.runs[:2]), "lost: run"),
        (counting(runs=[*COUNTED.runs[:2], ("pay", "r3", "failed")]), "lost: run"),
        (counting(runs=[*COUNTED.runs, COUNTED.runs[0]]), "doubled: run"),
        (counting(failures=[BAD, WORSE, WORSE], groups={PAY: 3}, alerted={PAY: 3}), "doubled: failure"),
        (replace(WELL, sent=[BAD, GOOD], acknowledged=[BAD, GOOD]), "invented: failure"),
        (counting(groups={PAY: 3}), "miscounted: error group"),
        (counting(groups={}), "miscounted: error group"),
        (counting(alerted={PAY: 1}), "miscounted: alerts"),
        (counting(alerts={}), "there is no alert of it"),
        (replace(WELL, channels=["ops", "pager"]), "pager never heard that"),
        (hearing(heard(FIRST, 1, status=500), heard(replace(OVER, reason="resolved"), 5)), "ops never heard that"),
        (hearing(heard(FIRST, 1)), "is over"),
        (
            hearing(heard(FIRST, 1), heard(OVER, 5), heard(replace(FIRST, reason="again", count=2), 6)),
            "then that it fires",
        ),
        (hearing(heard(FIRST, 1), heard(OVER, 5), heard(replace(BACK, count=2), 6)), "then that it fires"),
        (hearing(heard(FIRST, 1), heard(OVER, 5), heard(replace(BACK, reason="again"), 6)), "then that it fires"),
        (hearing(heard(replace(FIRST, count=3), 1), heard(OVER, 5)), "3 failures, then 2"),
        (hearing(heard(FIRST, 1), heard(FIRST, 2, "another"), heard(OVER, 5)), "began under 2 ids"),
        (hearing(heard(FIRST, 1), heard(replace(OVER, reason="recovered"), 5)), "began under 2 ids"),
        (hearing(heard(FIRST, 1), heard(FIRST, 2), heard(OVER, 5)), "repeated: ops heard first"),
    ],
)
def test_each_violation_is_found(ill, said):
    found = violations(ill)
    assert any(said in each for each in found), found


@pytest.mark.parametrize(
    ("disturbances", "excused"),
    [
        ([Disturbance(1.2, 1.2, KILL)], True),
        ([Disturbance(0.5, 0.9, KILL)], False),  # before the message came
        ([Disturbance(9.0, 9.0, KILL)], False),  # long after the answer was written down
        ([Disturbance(1.0, 8.0, AWAY)], False),  # its sender waits for the store
        ([Disturbance(1.0, 8.0, AWAY), Disturbance(9.0, 9.0, KILL)], True),
        ([Disturbance(1.0, 3.0, AWAY), Disturbance(9.0, 9.0, KILL)], False),
    ],
)
def test_a_message_is_repeated_only_when_its_sender_cannot_have_written_the_answer_down(disturbances, excused):
    said = [heard(FIRST, 1), heard(FIRST, 12), heard(OVER, 15)]
    found = violations(replace(WELL, heard=said, disturbances=disturbances))
    assert (found == []) is excused
