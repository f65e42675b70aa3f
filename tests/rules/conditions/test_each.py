"""Does ``each`` hold because of every failure, and of nothing else?"""

from rules.conditions import build
from rules.instants import DAY, HOUR
from rules.memory import Kind, Memory, Seen


def test_every_failure_is_enough():
    each, memory = build("each"), Memory()
    answer = each.observe(memory, Seen(Kind.FAILED, HOUR, "a"), HOUR)
    assert (answer.holds, answer.times, answer.until, answer.wake) == (True, (HOUR,), None, None)
    assert answer.memory is memory


def test_it_is_shown_failures_alone_and_told_a_day_late():
    each = build("each")
    assert each.wants == {Kind.FAILED}
    assert each.told_within == DAY
    assert not each.ends_with_it


def test_passing_time_makes_nothing_hold():
    memory = Memory()
    assert build("each").look(memory, HOUR).holds is False
