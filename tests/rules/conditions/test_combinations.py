"""Do combinations say what their parts do, one of them or all of them together, in whatever order things arrive?"""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from rules.instants import HOUR, MINUTE, SECOND
from rules.memory import Kind, Memory
from support.seeing import START, condition, ends, feed, seen

NEW, BACK = {"new": "error_group"}, {"regressed": True}
ROW = {"consecutive": 2}
RATE = {"rate": 0.5, "within": "10m", "min_runs": 2, "min_failures": 1}
COUNT = {"count": 2, "within": "10m"}
STUCK = {"stuck": "5m"}


@st.composite
def news(draw):
    now, found = START, []
    steps = st.tuples(
        st.sampled_from([0, 1, MINUTE, 5 * MINUTE]),
        st.sampled_from([0, 0, 1, 4 * MINUTE, 10 * MINUTE]),
        st.sampled_from(["", "new", "regressed"]),
    )
    for number, (gap, back, novelty) in enumerate(draw(st.lists(steps, max_size=50))):
        now += gap
        found.append(seen("f", now - back, f"r{number:02}", novelty=novelty))
    return found


@given(news(), st.sampled_from([1, MINUTE, 10 * MINUTE]))
def test_all_holds_exactly_when_a_window_with_the_newcomer_has_each_part(things, within):
    both, memory, so_far = build_all(within, NEW, BACK), Memory(), []
    for thing in things:
        so_far.append(thing)
        [answer] = feed(both, [thing], memory)
        memory = answer.memory
        assert answer.holds == (bool(thing.novelty) and together(so_far, thing, within))
        assert feed(both, [thing], memory)[0].memory == memory
        assert msgspec.json.decode(msgspec.json.encode(memory), type=Memory) == memory


def build_all(within, *parts):
    written = condition({"all": list(parts), "within": "1h"})
    return type(written)(written.parts, within, written.wants, written.ends_with_it, written.told_within)


def together(things, newcomer, within):
    ends = [each.at for each in things if newcomer.at <= each.at < newcomer.at + within]
    inside = [{each.novelty for each in things if end - within < each.at <= end} for end in ends]
    return any({"new", "regressed"} <= found for found in inside)


@given(ends())
def test_any_of_parts_that_end_by_themselves_is_one_of_them(runs):
    either, parts = condition({"any": [ROW, RATE]}), [condition(ROW), condition(RATE)]
    memory, alone = Memory(), [Memory(), Memory()]
    assert either.ends_with_it
    for run in runs:
        [answer] = feed(either, [run], memory)
        told = [feed(part, [run], kept)[0] for part, kept in zip(parts, alone, strict=True)]
        memory, alone = answer.memory, [each.memory for each in told]
        assert answer.holds == any(each.holds for each in told)
        assert answer.evidence == tuple(pair for each in told if each.holds for pair in each.evidence)
        untils = [each.until for each in told if each.holds]
        assert answer.until == (None if not untils or None in untils else max(untils))
        assert memory.parts == tuple(alone)
        assert msgspec.json.decode(msgspec.json.encode(memory), type=Memory) == memory


@given(ends(late=0, kinds="fs"))
def test_all_of_parts_that_end_by_themselves_is_all_of_them_a_moment_ago(runs):
    both, parts, within = build_all(MINUTE, ROW, RATE), [condition(ROW), condition(RATE)], MINUTE
    memory, alone, held = Memory(), [Memory(), Memory()], [[], []]
    assert both.ends_with_it
    runs = sorted(runs, key=lambda run: run.at)
    for run in runs:
        [answer] = feed(both, [run], memory)
        memory = answer.memory
        for place, part in enumerate(parts):
            [told] = feed(part, [run], alone[place])
            alone[place] = told.memory
            held[place] = [(start, min(end, run.at)) for start, end in held[place]]
            if told.holds:
                held[place].append((run.at, told.until or 1 << 62))
        lasting = [any(end > run.at - within for _, end in each) for each in held]
        assert answer.holds == all(lasting)


def test_any_with_a_part_that_does_not_end_holds_because_of_what_comes():
    either = condition({"any": ["each", RATE]})
    assert not either.ends_with_it
    answers = feed(either, [seen("f", START, "a"), seen("f", START + 1, "b"), seen("s", START + 2, "c")])
    assert [answer.holds for answer in answers] == [True, True, False]
    assert dict(answers[1].evidence)["failed"] == "2"


def test_any_holds_when_passing_time_makes_a_part_hold():
    either = condition({"any": ["each", STUCK]})
    [answer] = feed(either, [seen("o", START, "a")])
    assert (answer.holds, answer.wake) == (False, START + 5 * MINUTE)
    [failed] = feed(either, [seen("f", START + 1, "b")], answer.memory)
    assert (failed.holds, failed.wake) == (True, START + 5 * MINUTE)
    assert either.look(failed.memory, START + 5 * MINUTE).holds


def test_a_part_is_shown_only_what_it_wants():
    either = condition({"any": [RATE, STUCK]})
    rate = [seen("f", START, "a"), seen("f", START + 1, "b")]
    answers = feed(either, [*rate, seen("o", START + 2, "c")])
    assert [answer.holds for answer in answers] == [False, True, True]
    assert dict(answers[-1].evidence)["rate"] == "100 %"
    assert answers[-1].wake == START + 2 + 5 * MINUTE


def test_all_of_a_count_and_a_rate_holds_at_the_failure_that_completes_both():
    both = condition({"all": [COUNT, {**RATE, "min_runs": 3}], "within": "10m"})
    answers = feed(both, [seen("f", START + at, str(at)) for at in range(4)])
    assert [answer.holds for answer in answers] == [False, False, True, True]
    assert dict(answers[-1].evidence).keys() >= {"failed", "needed", "rate"}
    assert answers[-1].times == (START, START + 1, START + 2, START + 3)
    assert both.look(answers[-1].memory, START + 19 * MINUTE).holds is False


def test_combinations_may_stand_in_one_another():
    nested = condition({"any": [{"all": [NEW, COUNT], "within": "1m"}, ROW]})
    assert nested.wants == {Kind.FAILED, Kind.SUCCEEDED}
    first = feed(nested, [seen("f", START, "a", novelty="new")])[-1]
    assert not first.holds
    assert feed(nested, [seen("f", START + 1, "b")], first.memory)[-1].holds


def test_a_storm_is_not_remembered_whole():
    both, memory = condition({"all": ["each", NEW], "within": "10m"}), Memory()
    for number in range(3_000):
        memory = both.observe(memory, seen("f", START + number * SECOND, str(number), novelty="new"), START).memory
    assert len(memory.recent) <= 2 * 2 * (both.told_within + HOUR) // (10 * MINUTE)
