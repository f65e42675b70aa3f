"""Are open runs watched for as long as they are open, whatever order things arrive in?"""

from math import ceil

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from rules.instants import MINUTE, SECOND
from rules.memory import Kind, Memory
from support.seeing import START, condition, seen

LONGER, STUCK = condition({"running_longer": "10m"}), condition({"stuck": "5m"})
NEWS = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from(["o", "o", "s", "f", "e"]), st.sampled_from("abcd")), max_size=40
)


def story(news):
    """Each run has one start, and one end at most, of which it may be heard twice and before anything else."""
    ended, things = {}, []
    for minute, kind, run in news:
        if kind != "o":
            minute, kind = ended.setdefault(run, (minute, kind))
        things.append(seen(kind, START + minute * MINUTE, run, started_at=START + ord(run) * SECOND))
    return things


def check(subject, things, since, limit):
    """``since``: from when on a run counts that was heard of so."""
    memory, heard, over, now = Memory(), {}, set(), START
    for thing in things:
        now = max(now, thing.at)
        answer = subject.observe(memory, thing, now)
        memory = answer.memory
        if thing.kind is not Kind.OPEN:
            over.add(thing.run)
        else:
            heard.setdefault(thing.run, []).append(thing)
        watched = {run: since(told) for run, told in heard.items() if run not in over}
        assert answer.holds == any(now >= at + limit for at in watched.values())
        assert answer.wake == (min(watched.values()) + limit if watched and not answer.holds else None)
        assert msgspec.json.decode(msgspec.json.encode(memory), type=Memory) == memory
        assert subject.observe(memory, thing, now).memory == memory
        if answer.wake:
            assert not subject.look(memory, answer.wake - 1).holds
            assert subject.look(memory, answer.wake).holds


@given(NEWS)
def test_a_run_is_too_long_from_its_start_on(news):
    check(LONGER, story(news), lambda told: told[0].started_at, 10 * MINUTE)


@given(NEWS)
def test_a_run_is_stuck_since_it_was_heard_of_last(news):
    check(STUCK, story(news), lambda told: max(each.at for each in told), 5 * MINUTE)


def test_it_says_which_run_and_for_how_long():
    answer = LONGER.observe(Memory(), seen("o", START, "a", started_at=START), START + 12 * MINUTE)
    assert answer.evidence == (("run", "a"), ("running", "12m"), ("allowed", "10m"), ("runs", "1"))
    answer = STUCK.observe(Memory(), seen("o", START, "a"), START + 12 * MINUTE)
    assert answer.evidence == (("run", "a"), ("quiet for", "12m"), ("allowed", "5m"), ("runs", "1"))
    assert LONGER.ends_with_it
    assert STUCK.ends_with_it
    assert LONGER.wants == STUCK.wants == set(Kind)


@given(st.lists(st.integers(1, 600), min_size=1, max_size=80), st.randoms())
def test_by_a_factor_it_is_measured_by_the_last_fifty_successes(seconds, chance):
    longer, memory = condition({"running_longer": {"factor": 3}}), Memory()
    told = [
        seen("s", START + n * MINUTE, f"{n:02}", started_at=START + n * MINUTE - took * SECOND)
        for n, took in enumerate(seconds)
    ]
    for thing in chance.sample(told, len(told)):
        memory = longer.observe(memory, thing, thing.at).memory
    answer = longer.observe(memory, seen("o", START, "open", started_at=START), START)
    last = sorted(seconds[-50:])
    if len(last) < 20:
        assert (answer.holds, answer.wake) == (False, None)
    else:
        assert answer.wake == START + 3 * last[ceil(len(last) * 0.95) - 1] * SECOND
    assert len(answer.memory.parts[0].recent) == len(answer.memory.parts[0].numbers) <= 50


def test_what_was_tried_too_often_is_stuck_until_it_ends():
    stuck = condition({"stuck": {"attempts": 5}})
    often = stuck.observe(Memory(), seen("o", START, "a", attempts=5), START)
    assert often.holds
    assert often.evidence == (("run", "a"), ("attempts", "5"), ("allowed", "5"), ("runs", "1"))
    assert stuck.look(often.memory, START).holds
    assert stuck.observe(often.memory, seen("o", START + 1, "a", attempts=0), START + 1).holds
    assert not stuck.observe(often.memory, seen("f", START + 1, "a", attempts=6), START + 1).holds
    assert not stuck.observe(Memory(), seen("o", START, "a", attempts=4), START).holds


def test_both_signs_may_be_asked_for():
    stuck = condition({"stuck": {"quiet": "5m", "attempts": 5}})
    quiet = stuck.observe(Memory(), seen("o", START, "a", attempts=1), START)
    assert (quiet.holds, quiet.wake) == (False, START + 5 * MINUTE)
    assert stuck.observe(quiet.memory, seen("o", START + 1, "a", attempts=5), START + 1).holds


def test_more_open_runs_than_can_be_watched_are_not_remembered():
    memory = Memory()
    for number in range(1_100):
        memory = LONGER.observe(memory, seen("o", START + number, str(number)), START).memory
    assert len(memory.runs) == 1_000
    for number in range(1_100):
        memory = LONGER.observe(memory, seen("s", START + number, str(number)), START).memory
    assert len(memory.runs) == 0
    assert len(memory.recent) <= 32
