"""Is a run missed exactly when none began around its due time? And is every due time looked at once, in order?"""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from rules.instants import DAY, HOUR, MINUTE, SECOND
from rules.memory import Kind, Memory
from support.seeing import START, condition, seen

HOURLY = {"cron": "0 * * * *", "grace": "10m"}


def begins(at, run="r", kind="o"):
    return seen(kind, at + 1, run, started_at=at)


def told(written, runs, until):
    """(now, holds, next wake) after each thing, runs told as they begin and looks made when they are asked for."""
    missed, said = condition({"missed": written}), []
    answer = missed.look(Memory(), START)
    for run in [*runs, seen("o", until)]:
        while answer.wake is not None and answer.wake <= run.at:
            now = answer.wake
            answer = missed.look(answer.memory, now)
            said.append((now, answer.holds))
        if run.at < until:
            answer = missed.observe(answer.memory, run, run.at)
            said.append((run.at, answer.holds))
            assert msgspec.json.decode(msgspec.json.encode(answer.memory), type=Memory) == answer.memory
            assert len(answer.memory.recent) <= 60
    return said, answer


@given(st.lists(st.integers(0, 90 * 6), max_size=30))
def test_it_holds_exactly_when_the_last_due_time_had_no_run(minutes):
    runs = [begins(START + minute * MINUTE, str(number)) for number, minute in enumerate(sorted(minutes))]
    said, _ = told(HOURLY, runs, START + 10 * HOUR)
    starts = [run.started_at for run in runs]
    for now, holds in said:
        checked = [due for due in range(START + HOUR, now, HOUR) if due + 10 * MINUTE <= now]
        heard = [run.started_at for run in runs if run.at <= now]
        lacking = checked and not any(checked[-1] - 10 * MINUTE <= start for start in heard)
        assert holds == bool(lacking), (now, starts)


def test_the_first_look_only_arms():
    missed = condition({"missed": HOURLY})
    answer = missed.look(Memory(), START + 30 * MINUTE)
    assert not answer.holds
    assert answer.wake == START + HOUR + 10 * MINUTE


def test_a_run_at_either_edge_is_in_time():
    for start, holds in ((-600, False), (-601, True), (600, False), (601, True)):
        at = START + HOUR + start * SECOND
        run = seen("o", at, "r", started_at=at)
        said, _ = told(HOURLY, [run], START + HOUR + 11 * MINUTE)
        looks = dict(said)
        assert looks[START + HOUR + 10 * MINUTE] is holds


def test_a_late_run_ends_it_and_the_next_due_time_is_looked_at():
    said, answer = told(HOURLY, [begins(START + HOUR + 30 * MINUTE)], START + 2 * HOUR + 11 * MINUTE)
    assert [holds for _, holds in said] == [True, False, True]
    assert dict(answer.evidence)["due"] == "2024-10-04T02:00:00Z"


def test_misses_in_a_row_are_counted():
    _, answer = told(HOURLY, [], START + 5 * HOUR + 11 * MINUTE)
    assert answer.holds
    assert dict(answer.evidence)["missed in a row"] == "5"


def test_a_run_that_is_told_of_late_takes_the_miss_back():
    missed = condition({"missed": HOURLY})
    answer = missed.look(missed.look(Memory(), START).memory, START + HOUR + 10 * MINUTE)
    assert answer.holds
    late = seen("s", START + HOUR + 20 * MINUTE, "r", started_at=START + HOUR + MINUTE)
    assert not missed.observe(answer.memory, late, START + HOUR + 20 * MINUTE).holds


def test_a_run_long_before_does_not():
    missed = condition({"missed": HOURLY})
    answer = missed.look(missed.look(Memory(), START).memory, START + HOUR + 10 * MINUTE)
    assert missed.observe(answer.memory, begins(START + 20 * MINUTE), START + HOUR + 20 * MINUTE).holds


def test_due_times_close_together_need_a_run_each():
    run = begins(START + 9 * HOUR)
    said, _ = told({"cron": "0,5 9 * * *", "grace": "1m"}, [run], START + 10 * HOUR)
    assert said == [(run.at, False), (START + 9 * HOUR + MINUTE, False), (START + 9 * HOUR + 6 * MINUTE, True)]


def test_local_time_decides():
    missed = condition({"missed": {"cron": "0 9 * * *", "timezone": "Europe/Vienna"}})
    assert missed.look(Memory(), START).wake == START + 7 * HOUR + 10 * MINUTE


def test_a_storm_of_runs_is_not_remembered_whole():
    missed = condition({"missed": {"cron": "0 9 * * *", "grace": "1h"}})
    memory = missed.look(Memory(), START).memory
    for number in range(3_000):
        at = START + 8 * HOUR + number * 2 * SECOND
        memory = missed.observe(memory, seen("s", at, str(number), started_at=at), at).memory
    assert len(memory.recent) <= 4


def test_after_a_very_long_absence_it_goes_on_from_now():
    missed = condition({"missed": {"cron": "* * * * *", "grace": "30s"}})
    late = missed.look(missed.look(Memory(), START).memory, START + 9 * DAY)
    assert late.holds
    assert late.wake == START + 9 * DAY + 30 * SECOND


def test_an_interval_is_counted_from_the_last_run():
    missed = condition({"missed": {"interval": "30m", "grace": "5m"}})
    armed = missed.look(Memory(), START)
    assert (armed.holds, armed.wake) == (False, START + 35 * MINUTE)
    ran = missed.observe(armed.memory, begins(START + 17 * MINUTE), START + 18 * MINUTE)
    assert ran.wake == START + 52 * MINUTE
    lacking = missed.look(ran.memory, ran.wake)
    assert (lacking.holds, lacking.wake) == (True, None)
    assert lacking.evidence[0] == ("last run", "2024-10-04T00:17:00Z")
    assert not missed.observe(lacking.memory, begins(START + HOUR, "s"), START + HOUR).holds
    assert missed.observe(lacking.memory, begins(START, "old"), START + HOUR).holds


def test_every_kind_of_news_of_a_run_counts():
    assert condition({"missed": HOURLY}).wants == set(Kind)
    assert condition({"missed": HOURLY}).ends_with_it
