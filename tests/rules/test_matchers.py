"""Does a pattern match what its writer meant, and is a slip told with the remedy?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.matchers import FIELDS, compile_match, exactly, fields_of
from rules.model import ErrorInfo, Run
from rules.vocabulary import Outcome, Severity

RUN = Run(
    id="1",
    engine="dbos",
    workflow="payments",
    run_id="r1",
    outcome=Outcome.TIMED_OUT,
    error=ErrorInfo("Timeout", "gave up\nafter 3 tries", "stack", "SocketError"),
    failing_step="charge",
    environment="production",
    version="1.2",
    url="https://x.test/r1",
    labels={"team": "shop"},
)


@pytest.mark.parametrize(
    ("pattern", "value", "matches"),
    [
        ("pay", "pay", True),
        ("pay", "payments", False),
        ("pay*", "payments", True),
        ("pay*", "repay", False),
        ("*pay*", "repayment", True),
        ("Pay*", "payments", False),
        ("step-?", "step-1", True),
        ("step-?", "step-12", False),
        ("[ab]x", "bx", True),
        ("[!ab]x", "bx", False),
        ("[0-9]", "7", True),
        ("[[]etl] load", "[etl] load", True),
        ("a.c*", "abc", False),
        ("*", "", True),
        ("first*last", "first\nlast", True),
        ("", "", True),
        ("~ time", "a timeout", True),
        ("~ ^time", "a timeout", False),
        ("~ (?i)TIME(out)?$", "a timeout", True),
        (["x", "pay*"], "payments", True),
        (["x", "~ ^y"], "payments", False),
    ],
)
def test_a_pattern(pattern, value, matches):
    assert compile_match({"error.message": pattern}).matches({"error.message": value}) is matches


@pytest.mark.parametrize(
    ("pattern", "matching"),
    [
        (">=high", {"high", "critical"}),
        ("<=medium", {"low", "medium"}),
        ("high", {"high"}),
        (["low", ">= critical"], {"low", "critical"}),
    ],
)
def test_severities_are_compared_by_rank(pattern, matching):
    match = compile_match({"severity": pattern})
    assert {each.value for each in Severity if match.matches({"severity": each.value})} == matching
    assert not match.matches({})


def test_all_fields_of_a_match_must_hold_and_an_absent_one_is_empty():
    match = compile_match({"workflow": "pay*", "labels.team": "shop"})
    assert match.matches(fields_of(RUN))
    assert not match.matches({"workflow": "payments"})
    assert compile_match({"labels.gone": ""}).matches(fields_of(RUN))
    assert compile_match({}).matches({})


def test_every_field_that_can_be_matched_is_told_of_a_run():
    fields = fields_of(RUN, Severity.HIGH, "rule")
    assert set(fields) == {*FIELDS, "labels.team"}
    assert "" not in fields.values()
    assert fields["error.cause_type"] == "SocketError"
    assert fields["outcome"] == "timed_out"


@pytest.mark.parametrize(
    ("pattern", "pinned"),
    [("pay", ("pay",)), (["a", "b"], ("a", "b")), ("pay*", None), (["a", "~ b"], None), (["a", "[b]"], None)],
)
def test_only_literal_values_pin_a_field(pattern, pinned):
    assert compile_match({"workflow": pattern}).exact("workflow") == pinned


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"workflo": "x"}, "did you mean workflow"),
        ({"zz": "x"}, r"use one of workflow, .* labels\.NAME"),
        ({"labels.": "x"}, "is not a field"),
        ({"workflow": []}, "empty list"),
        ({"version": 2}, "put it in quotes"),
        ({"workflow": ["a", None]}, "put it in quotes"),
        ({"workflow": "~ ("}, r"does not compile as RE2: missing \)"),
        ({"workflow": r"~ (a)\1"}, "does not compile as RE2"),
        ({"workflow": "~pay"}, "space after the ~"),
        ({"workflow": "job [daily"}, r"\[\[\] for the bracket"),
        ({"workflow": "[z-a]"}, "bad"),
        ({"workflow": ">=high"}, "compares severities only"),
        ({"severity": "hihg"}, "did you mean high"),
        ({"severity": ">=urgent"}, "low, medium, high or critical"),
    ],
)
def test_a_slip_is_refused_with_the_remedy(spec, told):
    with pytest.raises(ValueError, match=told):
        compile_match(spec)


def test_a_nasty_pattern_over_long_text_is_linear():
    assert not compile_match({"error.message": "~ (a+)+$"}).matches({"error.message": "a" * 200_000 + "b"})


@given(st.text("*?[]!~ ><=^\\-ab", min_size=1, max_size=8), st.text("*?[]!~ ><=^\\-ab", max_size=8))
def test_a_text_as_a_pattern_matches_itself_alone(text, other):
    matches = compile_match({"workflow": exactly(text)}).matches
    assert matches({"workflow": text})
    assert matches({"workflow": other}) is (other == text)
