"""Do two runs stand beside each other step by step, and is the place found where they part?"""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from reports.traces import saying
from reports.traces.alignment import align
from reports.traces.differing import differences
from reports.traces.span import Span
from reports.traces.steps import fold
from reports.traces.tree import grow


def run(*steps, name="pay", **more):
    """A run of steps one after the other, each ``name`` or ``(name, failed, took)``, under one span."""
    spans, at = [], 0
    for number, step in enumerate(steps):
        step_name, failed, took = (*((step, False, 10) if isinstance(step, str) else step), 10)[:3]
        spans.append(Span(step_name, f"s{number}", "run", at, at + took, failed))
        at += took
    return [Span(name, "run", "", 0, max(at, 1), **more), *spans]


def finding(found):
    return saying.finding(found, lambda took: f"{took / 1e6:g} s")


def rows(found):
    return [(row.name, row.divergence and row.divergence.value) for row in found.rows[1:]]


def parting(found):
    return None if found.first is None else found.rows[found.first].name


def test_a_step_that_failed_is_where_they_part_and_what_did_not_come_is_missing():
    found = align(run("load", ("charge", True), failed=True), run("load", "charge", "ship"))
    assert rows(found) == [("load", None), ("charge", "outcome"), ("ship", "missing")]
    assert (parting(found), found.missing, found.extra) == ("charge", 1, 0)
    assert finding(found) == "charge failed; in the good run it ended well."


def test_a_missing_step_stands_where_it_would_have_come():
    found = align(run("a", "d"), run("first", "a", "b", "c", "d", "e"))
    assert [name for name, _ in rows(found)] == ["first", "a", "b", "c", "d", "e"]
    assert parting(found) == "first"
    assert finding(found) == "The good run did first; the bad one did not get there."


def test_a_step_that_only_the_bad_run_did():
    found = align(run("a", ("refund", True), "b"), run("a", "b"))
    assert (rows(found)[1], parting(found)) == (("refund", "extra"), "refund")
    assert finding(found) == "Only the bad run did refund, and it failed."


def test_attempts_are_one_step_and_counted():
    found = align(run("a", ("load", True), ("load", True), "load"), run("a", "load"))
    assert rows(found) == [("a", None), ("load", "tries")]
    assert (found.rows[2].bad.tries, found.rows[2].bad.took, found.rows[2].ratio) == (3, 30, 3.0)
    assert finding(found) == "load took 3 attempts; in the good run 1 attempt."


def test_attempts_that_a_span_only_tells_of_count_too():
    told = [Span("pay", "run", "", 0, 9), Span("load", "s", "run", 0, 9, retries=2)]
    assert align(told, run("load")).rows[1].bad.tries == 3


def test_rounds_of_a_loop_are_matched_in_their_order():
    found = align(run("round", "round", ("round", True)), run("round", "round", "round", "round"))
    assert rows(found) == [("round", None), ("round", None), ("round", "outcome"), ("round", "missing")]


def test_names_that_differ_in_numbers_only_are_matched_after_the_others():
    bad = [Span("pay", "r", "", 0, 9), Span("GET /orders/7", "s", "r", 0, 9, alike="GET /orders/<n>")]
    good = [
        Span("pay", "r", "", 0, 9),
        Span("GET /orders/3", "s", "r", 0, 4, alike="GET /orders/<n>"),
        Span("GET /orders/7", "t", "r", 5, 9, alike="GET /orders/<n>"),
    ]
    assert rows(align(bad, good)) == [("GET /orders/3", "missing"), ("GET /orders/7", None)]
    assert rows(align(bad, good[:2])) == [("GET /orders/7", None)]


def test_what_is_on_top_is_one_step_whatever_its_name():
    found = align(run("a", name="keen-owl"), run("a", name="sad-fox"))
    assert len(found.rows) == 2
    assert found.first is None


def test_steps_left_out_since_the_one_around_them_failed_are_not_where_they_part():
    found = align(run("a", failed=True), run("a", "b"))
    assert parting(found) == "pay"
    assert finding(found) == "pay failed; in the good run it ended well."


def test_the_innermost_step_is_where_they_part():
    bad = [*run(("a", True, 90), failed=True), Span("query", "q", "s0", 5, 9, failed=True)]
    good = [*run(("a", False, 90)), Span("query", "q", "s0", 5, 9), Span("log", "l", "s0", 10, 11)]
    assert parting(align(bad, good)) == "query"


def test_of_two_runs_that_did_the_same_the_slower_step_is_named():
    found = align(run("a", ("b", False, 5_000_000)), run("a", ("b", False, 100_000)))
    assert found.first is None
    assert finding(found) == "Both runs did the same steps; b took 50 times as long: 5 s, not 0.1 s."
    assert finding(align(run("a"), run("a"))) == "Both runs did the same steps, and none of them took twice as long."
    assert finding(align([], [])) == "Neither run has steps to compare."


def test_attempts_that_lie_in_each_other_are_siblings():
    """As Celery's are: a try that failed hands the next one over."""
    chain = [
        Span("send", "1", "", 0, 1, thing="t"),
        Span("run", "2", "1", 2, 5, failed=True, thing="t"),
        Span("send", "3", "2", 4, 5, thing="t"),
        Span("run", "4", "3", 9, 12, thing="t"),
    ]
    [top] = fold(grow(chain))
    [tried] = top.parts
    assert (top.tries, tried.name, tried.tries, tried.failed) == (2, "run", 2, False)


def test_attributes_that_differ_in_ids_and_times_only_are_left_out():
    bad = {
        "host": "a-1",
        "run": "0aa1fc3e-1111-4222-8333-444455556666",
        "at": "2026-11-23T00:58:54.361+00:00",
        "n": "3",
    }
    good = {"host": "a-2", "run": "f7a1fc3e-9999-4222-8333-444455556666", "at": "2026-11-23T09:00:00Z", "zone": "b"}
    found = [(each.name, each.bad, each.good) for each in differences(bad, good)]
    assert found == [("host", "a-1", "a-2"), ("n", "3", ""), ("zone", "", "b")]


names = st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=12)


def own(spans):
    return Counter(step.name for step in fold(grow(spans))[0].parts)


@given(names, names)
def test_every_step_of_both_runs_stands_once_and_in_its_order(bad, good):
    found = align(run(*bad), run(*good))
    for side, spans in (("bad", run(*bad)), ("good", run(*good))):
        there = [getattr(row, side) for row in found.rows[1:] if getattr(row, side)]
        assert Counter(step.name for step in there) == own(spans)
    assert all(row.bad.name == row.good.name for row in found.rows if row.bad and row.good)
    starts = [row.bad.start for row in found.rows[1:] if row.bad]
    assert starts == sorted(starts)


@given(names)
def test_a_run_beside_itself_does_not_part(steps):
    found = align(run(*steps), run(*steps))
    assert found.first is None
    assert found.missing == found.extra == 0


@given(names, names)
def test_the_other_way_round_what_was_missing_is_extra(bad, good):
    one, other = align(run(*bad), run(*good)), align(run(*good), run(*bad))
    assert (one.missing, one.extra) == (other.extra, other.missing)
    assert (one.first is None) == (other.first is None)
