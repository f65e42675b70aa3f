"""Conditions as a test shows them things: written as in the file, fed in any order, with what came last."""

from hypothesis import strategies as st

from rules.conditions import build
from rules.config import Rule
from rules.instants import DAY, MINUTE, SECOND
from rules.memory import Holding, Kind, Memory, Seen

START = 20_000 * DAY
KINDS = {"f": Kind.FAILED, "s": Kind.SUCCEEDED, "e": Kind.ENDED, "o": Kind.OPEN}


def condition(written):
    return build(Rule.model_validate({"name": "r", "condition": written}).condition)


def seen(kind, at, run="", **more):
    return Seen(KINDS[kind], at, more.pop("occurrence", f"{run}-{kind}-{at}"), run, **more)


def feed(subject, things, memory=None):
    """What the condition says of each thing, as it is received; the last first of all if there is none."""
    answers = [Holding(memory or Memory(), False)]
    for thing in things:
        if thing.kind in subject.wants:
            answers.append(subject.observe(answers[-1].memory, thing, max(thing.at, START)))
    return answers[1:]


@st.composite
def ends(draw, step=MINUTE, most=60, kinds="fs", late=30):
    """Runs that ended, in the order of arrival; some come up to ``late`` steps late."""
    now, found = START, []
    for number, (gap, kind, back) in enumerate(
        draw(
            st.lists(
                st.tuples(
                    st.sampled_from([0, 0, 1, step // 2, step, 3 * step]),
                    st.sampled_from(kinds),
                    st.sampled_from([0, 0, 0, 1, step, late * step]),
                ),
                max_size=most,
            )
        )
    ):
        now += gap
        found.append(seen(kind, now - back, f"r{number:03}", started_at=now - back - 5 * SECOND))
    return found
