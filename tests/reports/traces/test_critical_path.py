"""Is every moment of a run on the path once, and under the step that the run waited for?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.traces.critical_path import OUTSIDE, critical_path
from reports.traces.span import Span
from reports.traces.tree import all_of, grow
from reports.traces.waste import waste


def span(name, start, end, parent="", **more):
    return Span(name, more.pop("id", name), parent, start, end, **more)


def path(spans, *window):
    return [(piece.name, piece.start, piece.end) for piece in critical_path(spans, *window).segments]


def test_of_steps_one_after_the_other_each_counts_and_the_run_s_own_time_between_them():
    spans = [span("run", 0, 100), span("a", 10, 30, "run"), span("b", 30, 90, "run")]
    assert path(spans) == [("run", 0, 10), ("a", 10, 30), ("b", 30, 90), ("run", 90, 100)]
    assert critical_path(spans).shares() == {"b": 0.6, "a": 0.2, "run": 0.2}


def test_of_steps_side_by_side_the_last_to_finish_counts():
    spans = [span("run", 0, 100), span("fast", 0, 60, "run"), span("slow", 5, 100, "run")]
    assert path(spans) == [("run", 0, 5), ("slow", 5, 100)]


def test_a_step_that_had_finished_when_the_last_one_began_is_on_the_path_too():
    spans = [span("run", 0, 100), span("a", 0, 40, "run"), span("b", 0, 20, "run"), span("c", 40, 100, "run")]
    assert path(spans) == [("a", 0, 40), ("c", 40, 100)]


def test_the_path_goes_on_inside_a_step():
    spans = [span("run", 0, 100), span("a", 0, 100, "run"), span("query", 20, 80, "a")]
    assert path(spans) == [("a", 0, 20), ("query", 20, 80), ("a", 80, 100)]


def test_what_is_handed_over_to_a_queue_is_waited_for_by_the_run():
    spans = [span("run", 0, 100), span("send", 0, 2, "run"), span("work", 1, 90, "send")]
    assert path(spans) == [("run", 0, 1), ("work", 1, 90), ("run", 90, 100)]
    spans = [span("run", 0, 100), span("schedule", 5, 5, "run"), span("try", 40, 90, "schedule")]
    assert path(spans) == [("run", 0, 40), ("try", 40, 90), ("run", 90, 100)]


def test_what_ends_a_little_after_its_parent_is_cut_off_there():
    spans = [span("run", 0, 100), span("a", 0, 50, "run"), span("query", 10, 52, "a")]
    assert path(spans) == [("a", 0, 10), ("query", 10, 50), ("run", 50, 100)]


def test_what_lies_outside_the_run_does_not_count_and_where_no_span_is_that_is_said():
    spans = [span("a", 0, 40), span("late", 90, 300)]
    assert path(spans, 20, 120) == [("a", 20, 40), (OUTSIDE, 40, 90), ("late", 90, 120)]


def test_attempts_that_share_an_id_keep_their_own_parts():
    spans = [
        span("run", 0, 100), span("task", 0, 30, "run", failed=True), span("task", 40, 100, "run"),
        span("work1", 0, 30, "task"), span("work2", 50, 100, "task"),
    ]  # fmt: skip
    assert path(spans) == [("work1", 0, 30), ("run", 30, 40), ("task", 40, 50), ("work2", 50, 100)]


def test_spans_that_name_each_other_as_parents_still_count():
    spans = [span("a", 0, 100, "b"), span("b", 0, 50, "a"), span("c", 60, 70, "c")]
    assert {piece[0] for piece in path(spans)} == {"a", "b"}
    assert critical_path(spans).took == 100


def test_a_very_deep_trace_is_no_trouble():
    spans = [span(str(n), n, 20_000 - n, str(n - 1)) for n in range(5_000)]
    assert critical_path(spans).took == 20_000


def test_a_run_that_took_no_time_has_no_shares():
    assert critical_path([]).shares() == {}
    assert critical_path([span("a", 5, 5)]).shares() == {}


def test_a_run_that_ends_before_it_starts_is_refused():
    with pytest.raises(ValueError, match="the run ends 3 µs before it starts"):
        critical_path([], 5, 2)


moments = st.integers(0, 200)


@st.composite
def traces(draw):
    """Spans with any parents at all: missing ones, themselves, in circles, outside of them; ids that are not unique."""
    ids = st.sampled_from(["a", "b", "c", "d", "e", "f", "g", ""])
    made = draw(st.lists(st.tuples(ids, ids, moments, moments, st.booleans(), st.sampled_from(["", "x"])), max_size=14))
    return [
        Span(f"s{n % 5}", own, parent, min(one, two), max(one, two), failed, thing)
        for n, (own, parent, one, two, failed, thing) in enumerate(made)
    ]


@given(traces(), st.one_of(st.just((0, 0)), st.tuples(moments, moments).map(sorted)))
def test_the_path_of_any_spans_covers_the_run_once(spans, window):
    found = critical_path(spans, *window)
    assert all(one.end == other.start for one, other in zip(found.segments, found.segments[1:], strict=False))
    assert all(piece.start < piece.end for piece in found.segments)
    assert all(piece.span is None or piece.span.start <= piece.start for piece in found.segments)
    assert all(piece.span is None or piece.end <= piece.span.end for piece in found.segments)
    if found.took:
        assert sum(found.shares().values()) == pytest.approx(1)
    if window[0] and window[1]:
        assert found.took == window[1] - window[0]


@given(traces())
def test_of_any_spans_each_is_in_the_tree_once(spans):
    assert sorted(map(id, (node.span for node in all_of(grow(spans))))) == sorted(map(id, spans))


@given(traces())
def test_no_more_is_wasted_than_failed(spans):
    failed, found = [span for span in spans if span.failed], waste(spans)
    assert found.attempts <= len(failed)
    assert found.failed <= sum(span.took for span in failed)


@st.composite
def nested(draw):
    """A run whose spans lie within their parents, as (spans, the path worked out moment by moment)."""
    spans = [span("0", 0, draw(st.integers(1, 40)))]
    for n in range(1, draw(st.integers(1, 10))):
        above = draw(st.sampled_from(spans))
        inside = st.integers(above.start, above.end)
        low, high = sorted((draw(inside), draw(inside)))
        spans.append(span(str(n), low, high, above.span_id))
    return [each for each in spans if each.took]


def by_moments(spans):
    """Who is waited for in each moment, walked back one moment at a time."""
    waits, found = [spans[0]], {}
    for at in range(spans[0].end, 0, -1):
        while waits[-1].start >= at:
            waits.pop()
        while ending := [each for each in spans if each.parent_id == waits[-1].span_id and each.end == at]:
            waits.append(min(ending, key=lambda each: each.start))
        found[at] = waits[-1].name
    return found


@given(nested())
def test_where_spans_are_nested_it_is_what_a_walk_moment_by_moment_finds(spans):
    wanted = by_moments(spans)
    got = {at: name for name, start, end in path(spans) for at in range(start + 1, end + 1)}
    assert {at: spans_took(spans, name) for at, name in got.items()} == {
        at: spans_took(spans, name) for at, name in wanted.items()
    }


def spans_took(spans, name):
    """Twins, of one parent, start and end, stand for each other."""
    return next((each.parent_id, each.start, each.end) for each in spans if each.name == name)


@given(nested(), st.integers(1, 50))
def test_a_run_ten_times_as_slow_has_the_same_shares(spans, times):
    slower = [Span(each.name, each.span_id, each.parent_id, each.start * times, each.end * times) for each in spans]
    assert critical_path(slower).shares() == pytest.approx(critical_path(spans).shares())
