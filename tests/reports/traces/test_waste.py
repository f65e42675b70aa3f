"""Is every failed attempt counted once, and the waiting between attempts with it?"""

from reports.traces.span import Span
from reports.traces.waste import Waste, waste


def span(name, own, parent, start, end, failed=False, **more):
    return Span(name, own, parent, start, end, failed, **more)


def test_a_run_that_went_well_wastes_nothing():
    assert waste([span("run", "r", "", 0, 9), span("a", "a", "r", 0, 9)]) == Waste()


def test_failed_attempts_and_the_waiting_between_them():
    tried = [
        span("run", "r", "", 0, 100), span("a", "1", "r", 0, 10, True), span("a", "2", "r", 30, 45, True),
        span("a", "3", "r", 80, 90),
    ]  # fmt: skip
    assert waste(tried) == Waste(attempts=2, failed=25, delay=80)


def test_the_last_attempt_of_a_run_that_failed_counts_as_its_failed_step():
    tried = [span("run", "r", "", 0, 50, True), span("a", "1", "r", 0, 10), span("b", "2", "r", 10, 50, True)]
    assert waste(tried) == Waste(attempts=1, failed=40)


def test_what_lies_in_a_failed_attempt_is_not_counted_again():
    tried = [
        span("run", "r", "", 0, 50, True), span("a", "1", "r", 0, 40, True), span("query", "2", "1", 5, 30, True),
    ]  # fmt: skip
    assert waste(tried) == Waste(attempts=1, failed=40)


def test_a_failed_part_of_a_step_that_went_well_counts():
    tried = [span("run", "r", "", 0, 50), span("a", "1", "r", 0, 40), span("query", "2", "1", 5, 30, True)]
    assert waste(tried) == Waste(attempts=1, failed=25)


def test_a_run_without_steps_is_its_own_attempt():
    assert waste([span("run", "r", "", 0, 7, True)]) == Waste(attempts=1, failed=7)


def test_a_run_that_was_itself_tried_again():
    tried = [
        span("run", "1", "", 0, 10, True), span("a", "2", "1", 0, 9, True), span("run", "3", "", 20, 50),
        span("a", "4", "3", 20, 40),
    ]  # fmt: skip
    assert waste(tried) == Waste(attempts=1, failed=10, delay=20)


def test_attempts_side_by_side_add_up():
    tried = [
        span("run", "r", "", 0, 50), span("a", "1", "r", 0, 20, True, thing="x"),
        span("a", "2", "r", 0, 20, True, thing="y"), span("a", "3", "r", 30, 40, thing="x"),
        span("a", "4", "r", 40, 50, thing="y"),
    ]  # fmt: skip
    assert waste(tried) == Waste(attempts=2, failed=40, delay=70)


def test_a_queue_s_attempts_that_lie_in_each_other():
    tried = [
        span("send", "1", "", 0, 1, thing="t"), span("run", "2", "1", 2, 5, True, thing="t"),
        span("send", "3", "2", 4, 5, thing="t"), span("run", "4", "3", 9, 12, thing="t"),
    ]  # fmt: skip
    assert waste(tried) == Waste(attempts=1, failed=3, delay=7)


def test_attempts_that_a_span_only_tells_of_have_no_time():
    assert waste([span("run", "r", "", 0, 9), span("a", "1", "r", 0, 9, retries=2)]) == Waste(told=2)
