"""Does a message answer what the one on call asks, in order and in plain words?"""

import pytest

from support.samples import PART, message

STEM = "charge-card: CardDeclined in step charge"


@pytest.mark.parametrize(
    ("reason", "changes", "title"),
    [
        ("first", {}, f"[critical] {STEM}"),
        ("again", {"since_last": 12}, f"[critical] again: +12 {STEM}"),
        ("resolved", {}, f"[critical] resolved: {STEM}"),
        ("recovered", {"severity": "high"}, f"[high] recovered: {STEM}"),
        ("severity_up", {}, f"[critical] worse: {STEM}"),
        ("first", {"step": ""}, "[critical] charge-card: CardDeclined"),
        ("first", {"error_type": "", "outcome": "timed_out", "step": ""}, "[critical] charge-card: timed out"),
    ],
)
def test_the_title_says_how_bad_where_and_what(reason, changes, title):
    assert message(reason, **changes).title == title


def test_the_text_answers_in_order():
    text = message("again", resolved_at="").text
    answers = [
        "charge-card failed, severity critical",
        "CardDeclined: card declined for order 2000",
        "Step: charge",
        "Failed 3 times, first at 2026-11-23T08:00:00Z, last at 2026-11-23T08:05:00Z; 2 more since the last message",
        "environment production, version 1.4.2",
        "- order-2000 (failed)",
        "run: http://t/runs/r1",
        "alert: http://t/alerts/a1",
    ]
    places = [text.find(answer) for answer in answers]
    assert -1 not in places
    assert places == sorted(places)


def test_what_came_and_went_unheard_is_told_as_over():
    text = message("recovered", resolved_at="2026-11-23T08:06:00Z").text
    assert "failed and has recovered since" in text
    assert "over since 2026-11-23T08:06:00Z" in text


def test_at_most_three_example_runs():
    text = message(runs=PART.runs * 5).text
    assert text.count("- order-2000") == 3


def test_what_is_not_known_leaves_no_gap():
    bare = message(error_type="", error_message="", step="", version="", environment="", engine="", runs=(), rule="")
    assert bare.text.splitlines()[:3] == [
        "charge-card failed, severity critical.",
        "Failed 3 times, first at 2026-11-23T08:00:00Z, last at 2026-11-23T08:05:00Z.",
        "",
    ]


@pytest.mark.parametrize("place", ["workflow", "step", "error_type", "error_message", "version", "environment"])
def test_no_sign_that_a_terminal_obeys_or_nobody_sees_is_left(place):
    hidden = "\x1b[31m\x07\x9b\u202e\u2066\u200b\ufeff\u2028\ud800"
    told = message(**{place: f"a{hidden}b"})
    assert not set("\x1b\x07\x9b\u202e\u2066\u200b\ufeff\u2028\ud800") & set(told.title + told.text)
    assert "[31m" not in told.text
    assert "ab" in told.title + told.text


def test_a_long_error_is_cut_and_a_long_name_keeps_the_title_short():
    told = message(error_message="e" * 99_999, workflow="w" * 999)
    title, text = told.title, told.text
    assert len(title) == 150
    assert text.count("e" * 900) == 1
    assert len(text) < 3_000
