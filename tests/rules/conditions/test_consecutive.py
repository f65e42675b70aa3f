"""Are the last K runs in their own order looked at, whatever order they arrive in? And is news taken at its word?"""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.memory import Kind, Memory
from support.seeing import START, condition, ends, feed, seen


@given(st.integers(1, 4), ends())
def test_it_holds_exactly_when_the_last_runs_all_failed(needed, runs):
    consecutive, memory, so_far = condition({"consecutive": needed}), Memory(), []
    for run in runs:
        so_far = sorted([*so_far, run], key=lambda each: (each.at, each.run))
        last = so_far[-needed:]
        truth = len(last) == needed and all(each.kind is Kind.FAILED for each in last)
        [answer] = feed(consecutive, [run], memory)
        assert answer.holds == truth == consecutive.look(answer.memory, run.at).holds
        assert answer.times == (tuple(each.at for each in last) if truth else ())
        assert feed(consecutive, [run], answer.memory)[0] == answer
        memory = answer.memory
        assert len(memory.recent) <= needed + 1
        assert msgspec.json.decode(msgspec.json.encode(memory), type=Memory) == memory


def test_a_success_that_arrives_late_breaks_the_row_where_it_belongs():
    row = [seen("f", START + minute, str(minute)) for minute in range(3)]
    assert feed(condition({"consecutive": 3}), row)[-1].holds
    late = seen("s", START + 1, "z")
    assert not feed(condition({"consecutive": 3}), [*row, late])[-1].holds


def test_runs_that_ended_together_follow_one_another_by_name():
    consecutive = condition({"consecutive": 1})
    assert not feed(consecutive, [seen("f", START, "a"), seen("s", START, "b")])[-1].holds
    assert feed(consecutive, [seen("f", START, "c"), seen("s", START, "b")])[-1].holds


def test_it_says_how_many_failed_in_a_row():
    answer = feed(condition({"consecutive": 1}), [seen("f", START, "a")])[-1]
    assert answer.evidence == (("failed in a row", "1 or more"), ("needed", "1"))
    assert (answer.until, answer.wake) == (None, None)


@pytest.mark.parametrize(("written", "word"), [({"new": "error_group"}, "new"), ({"regressed": True}, "regressed")])
@pytest.mark.parametrize("novelty", ["", "new", "regressed"])
def test_news_is_what_is_said_to_be(written, word, novelty):
    subject = condition(written)
    [answer] = feed(subject, [seen("f", START, "a", novelty=novelty)])
    assert answer.holds == (novelty == word)
    assert answer.times == ((START,) if novelty == word else ())
    assert not subject.look(answer.memory, START).holds
    assert (subject.wants, subject.ends_with_it) == ({Kind.FAILED}, False)
