"""Does an expression say of a run what its writer meant, and is a slip told with its place and the remedy?"""

import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.expressions import FUNCTIONS, NAMES, BadExpression, compile_expression, facts_of
from rules.model import ErrorInfo, Run
from rules.vocabulary import Outcome, Severity

SECOND = 1_000_000
PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "expressions.md").read_text()
PAYMENT = Run(
    id="1",
    engine="dbos",
    workflow="payments",
    run_id="r1",
    outcome=Outcome.TIMED_OUT,
    started_at=100 * SECOND,
    ended_at=131 * SECOND,
    error=ErrorInfo("Timeout", "Gave up\nafter 3 tries", "File ledger.py", "SocketError"),
    failing_step="charge",
    attempts=3,
    max_attempts=4,
    environment="production",
    version="1.2",
    url="https://x.test/r1",
    labels={"team": "shop", "pci": "true"},
)
BARE = Run(id="2", engine="", workflow="", run_id="", outcome=Outcome.FAILED)
SEEN = {"payment": facts_of(PAYMENT, Severity.HIGH, 3), "bare": facts_of(BARE, None, 0)}


@pytest.mark.parametrize(
    ("text", "payment", "bare"),
    [
        ('error.type != "CardDeclined" && attempt >= 2', True, False),
        ('severity in ["high", "critical"]', True, False),
        ('severity == ""', False, True),
        ('outcome == "timed_out" || outcome == "failed"', True, True),
        ("max_attempts > 0 && attempt < max_attempts", True, False),
        ('duration > duration("30s") && duration.getSeconds() == 31', True, False),
        ('duration == duration("0s")', False, True),
        ('"team" in labels && labels.team == "shop"', True, False),
        ('has(labels.team) && labels["team"].startsWith("sh")', True, False),
        ('labels.exists(name, labels[name] == "true")', True, False),
        ("labels.size() == 2", True, False),
        ('error.message.re("(?i)gave UP")', True, False),
        ('error.message.re("^after")', False, False),
        ('error.message.matches("tries$")', True, False),
        ('error.message.glob("Gave*tries")', True, False),
        ('workflow.glob("pay*") ? attempt > 3 : true', False, True),
        ('error.stack.contains("ledger") && error.cause_type.endsWith("Error")', True, False),
        ('workflow + "/" + step == "payments/charge"', True, False),
        ('environment == "production" && version == "1.2" && engine == "dbos" && run_id == "r1"', True, False),
        ('url.startsWith("https://") // a comment', True, False),
        ('labels.exists(name, name == "severity") || error.type + severity == "Timeouthigh"', True, False),
        ("size(workflow) == 0 && !(attempt != 0)", False, True),
    ],
)
def test_an_expression_says_what_its_writer_meant(text, payment, bare):
    expression = compile_expression(text)
    for name, wanted in (("payment", payment), ("bare", bare)):
        verdict = expression.evaluate(SEEN[name])
        assert (verdict.matched, verdict.error) == (wanted, "")


@pytest.mark.parametrize(
    ("text", "line", "column", "told"),
    [
        ("", 1, 1, "the expression is empty"),
        ('severty == "high"', 1, 1, "did you mean severity?"),
        ('attempt > 1\n  && error.typ == "x"', 2, 6, "did you mean error.type?"),
        ("priority > 3", 1, 1, "there is no priority; use workflow, engine, "),
        ("severity == 3", 1, 10, "put the number in quotes"),
        ('severity >= "high"', 1, 10, 'put severity: ">=high" under match'),
        ('"high" < severity', 1, 8, 'severity in ["high", "critical"]'),
        ('version > "2"', 1, 9, "text has no order here"),
        ('attempt > 1 && severity == "hihg"', 1, 28, "did you mean high?"),
        ('"HIGH" != severity', 1, 1, "did you mean high?"),
        ('severity == "urgent"', 1, 13, "use low, medium, high, critical"),
        ('outcome == "fail"', 1, 12, "did you mean failed?"),
        ('!(outcome in ["failed", "timeout"])', 1, 25, "did you mean timed_out?"),
        ("attempt", 1, 1, "this gives a whole number (int), not true or false"),
        ("has(error.type)", 1, 1, "has() is for labels"),
        ("dyn(1)", 1, 1, "… == true"),
        ('workflow.re("(")', 1, 13, "does not compile as RE2: missing )"),
        ('matches(workflow, r"(a")', 1, 19, "does not compile as RE2: missing )"),
        ('error.message.re("(a)\\\\1")', 1, 18, "does not compile as RE2"),
        ('workflow.glob("[z-a]")', 1, 15, "write [[] for the bracket itself"),
        ('duration > duration("ten")', 1, 21, "write it like duration"),
        ('labels.due != "" && timestamp("x") > timestamp(0)', 1, 31, "write it like timestamp"),
        ('attempt == int("x")', 1, 16, "write the number itself"),
        ("duration > 10", 1, 10, 'duration("10s")'),
        ("attempt > 1.5", 1, 9, "leave out the decimal point"),
        ("error.type == null", 1, 12, "nothing is null here"),
        ("attempt = 3", 1, 9, "write == to compare"),
        ("attempt > 1 and true", 1, 13, "write && for and"),
        ("not (attempt > 1)", 1, 1, "there is no function not()"),
        ('workflow == "pay', 1, 13, "does not end"),
        ("workflow == “pay”", 1, 13, "plain quotes"),
        ("(attempt > 1", 1, 13, "a ) is missing"),
        ("attempt > 1)", 1, 12, "a bracket too many"),
        ("attempt >", 1, 10, "ends too early"),
        ('"x" in workflow', 1, 5, "text.contains"),
        ('workflow.startswith("x")', 1, 10, "did you mean startsWith()?"),
        ('workflow.contains("x", "y")', 1, 10, "does not take these arguments"),
        ("attempt == 99999999999999999999", 1, 12, "64 bits"),
        ('workflow == "\ud800"', 1, 14, "half of a surrogate pair"),
        ('"😀" == workflow && severty == "x"', 1, 20, "did you mean severity?"),
        ("labels.exists(k, k + k == error.type)", 1, 20, "no + inside"),
        ('labels.exists(k, labels[k].re("x"))', 1, 28, "use matches()"),
        (" + ".join(["error.stack"] * 30) + ' == ""', 1, 293, "at most 20"),
        ("(" * 40 + "true" + ")" * 40, 1, 1, "nested too deeply"),
        ("true" + " " * 10_000, 1, 1, "characters are too many"),
    ],
)
def test_a_slip_is_refused_with_its_place_and_the_remedy(text, line, column, told):
    with pytest.raises(BadExpression) as refused:
        compile_expression(text)
    assert told in str(refused.value)
    assert (refused.value.line, refused.value.column) == (line, column)


@pytest.mark.parametrize(
    "text",
    [
        'labels.severity == "urgent"',
        'labels["outcome"] == "fail"',
        'error.type + severity == "Xhigh"',
        'severity == "hi" + "gh"',
        'severity in ["hi" + "gh"]',
        'labels.exists(k, k.matches("x") && attempt > int(1e+2))',
        'workflow == "severity == \\"urgent\\""',
    ],
)
def test_what_only_looks_like_a_slip_is_let_through(text):
    compile_expression(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('labels.nope == "x"', 'there is no key "nope"; to pass over such runs, write "nope" in labels && …'),
        ('labels["nope"] == "x" || attempt > 5', 'there is no key "nope"'),
        ('!(labels["nope"] == "x")', 'there is no key "nope"'),
        ("1 / (attempt - 3) == 1", "divide by zero"),
        ("attempt + 9223372036854775807 > 0", "integer overflow"),
        ("int(version) > 1", "cannot convert string to int"),
        ('workflow.re("(" + workflow)', "does not compile as RE2: missing )"),
        ('workflow.glob("[" + workflow)', "has a bad [...]"),
    ],
)
def test_what_cannot_be_evaluated_does_not_match_and_says_why(text, told):
    verdict = compile_expression(text).evaluate(SEEN["payment"])
    assert not verdict.matched
    assert told in verdict.error


@pytest.mark.parametrize("text", ['labels.nope == "x" || attempt == 3', 'attempt == 3 || labels.nope == "x"'])
def test_a_part_that_fails_does_not_matter_where_another_decides(text):
    verdict = compile_expression(text).evaluate(SEEN["payment"])
    assert (verdict.matched, verdict.error) == (True, "")


def test_the_parts_show_what_each_gave():
    text = '(attempt > 5 || labels.nope == "a && b") && severity == "high" && !(engine == "x" || false)'
    shown = compile_expression(text).parts(SEEN["payment"])
    missing = 'there is no key "nope"; to pass over such runs, write "nope" in labels && …'
    assert shown == [
        ('(attempt > 5 || labels.nope == "a && b")', missing),
        ('severity == "high"', "true"),
        ('!(engine == "x" || false)', "true"),
    ]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("((attempt > 2 || attempt < 1))", ["attempt > 2", "attempt < 1"]),
        ("attempt > 2 && true ? false : true", ["attempt > 2 && true ? false : true"]),
        (" attempt > 2 // && false", ["attempt > 2"]),
        ("[1].all(x, x > 0 && x < 2)", ["[1].all(x, x > 0 && x < 2)"]),
    ],
)
def test_only_what_stands_outermost_is_a_part(text, parts):
    assert [part for part, _ in compile_expression(text).parts(SEEN["payment"])] == parts


def test_long_text_is_cut_and_numbers_and_characters_out_of_range_are_tamed():
    error = ErrorInfo("\ud800x", "é" * 100_000, "s" * 1_000_000)
    run = Run("1", "", "w\x00x", "", Outcome.FAILED, 1, 10**30, error, max_attempts=2**80, labels={"\udfff": "\ud800"})
    seen = facts_of(run, None, -(2**80))
    for text in (
        "size(error.message) == 16384 && size(error.stack) == 65536",
        'error.type == "?x" && labels["?"] == "?" && workflow == "w\\ufffdx"',
        "max_attempts == 9223372036854775807 && attempt == 0",
        'duration > duration("24h")',
    ):
        assert compile_expression(text).evaluate(seen).matched


LIST = "[" + ",".join("1" * 99) + "]"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('error.stack.re("(a+)+$x") || error.stack.matches("(a|aa)+b")', ""),
        (f"{LIST}.all(a, {LIST}.all(b, {LIST}.all(c, true)))", "it goes through too many elements"),
        ("labels.map(a, labels.map(b, error.stack)).size() == 0", ""),
        ("+".join(["error.stack"] * 21) + ' == ""', ""),
    ],
)
def test_a_costly_expression_stays_bounded(text, error):
    stack, labels = ErrorInfo(stack="a" * 65_536), {f"k{n}": "v" for n in range(64)}
    seen = facts_of(Run("1", "", "", "", Outcome.FAILED, error=stack, labels=labels), None, 1)
    began = time.process_time()
    verdict = compile_expression(text).evaluate(seen)
    assert time.process_time() - began < 1
    assert not verdict.matched
    assert verdict.error.startswith(error)


WORDS = [*NAMES, *FUNCTIONS, "// ", "\n", "[1, 2]", "{1: 2}", "k, k", 'labels["a"]', "labels.exists(k, "]
WORDS += ["==", "&&", "||", ">=", "in", "true", "null", "1", "2u", "1e+5", "0x", '"high"', "'x'", 'r"("', 'b"x"', "x"]
WORDS += "()[]{}.,?:+-*/%!<>=|&'\"\\`"
SENTENCES = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
CLAUSES = st.sampled_from(
    ['severity == "high"', "(attempt > 1)", '!(workflow == "(" || true)', 'labels.a == "b"', "1 / attempt == 1"]
)
CHAINS = st.lists(st.one_of(CLAUSES, st.sampled_from(["&&", "||", "?", ":", "(", ")"])), max_size=9).map(" ".join)


@given(st.one_of(st.text(st.characters(), max_size=60), SENTENCES, CHAINS))
def test_any_text_compiles_or_is_refused_and_what_compiles_can_be_asked(text):
    try:
        expression = compile_expression(text)
    except BadExpression as refused:
        _within(text, refused)
        return
    for seen in SEEN.values():
        assert isinstance(expression.evaluate(seen).matched, bool)
        assert all(answer for _, answer in expression.parts(seen))


def _within(text, refused):
    lines = text.split("\n")
    assert 1 <= refused.line <= len(lines)
    assert 1 <= refused.column <= len(lines[refused.line - 1]) + 1
    assert str(refused)


TEXTS, NUMBERS = st.text(st.characters(), max_size=20), st.integers()
ASKED = [
    compile_expression(text)
    for text in (
        'workflow + engine + environment + version + run_id + step + url == "x" && severity != "low"',
        'error.type.re("a") || error.cause_type.glob("*b") || error.message.matches("c") || error.stack.contains("d")',
        'attempt + max_attempts > 3 || duration > duration("1s") || labels.exists(k, labels[k] == k)',
        "labels.team == workflow || int(version) > 1 || workflow.re(engine) || workflow.glob(step)",
    )
]


@given(
    st.builds(
        Run, TEXTS, TEXTS, TEXTS, TEXTS, st.sampled_from(Outcome), NUMBERS, NUMBERS,
        st.none() | st.builds(ErrorInfo, TEXTS, TEXTS, TEXTS, TEXTS), TEXTS, NUMBERS, NUMBERS, TEXTS, TEXTS,
        labels=st.dictionaries(TEXTS | st.just("team"), TEXTS, max_size=4), url=TEXTS,
    ),
    st.none() | st.sampled_from(Severity),
    NUMBERS,
)  # fmt: skip
def test_any_run_can_be_asked(run, severity, attempt):
    seen = facts_of(run, severity, attempt)
    for expression in ASKED:
        verdict = expression.evaluate(seen)
        assert not (verdict.matched and verdict.error)


def test_the_page_names_every_variable_and_function():
    for name in NAMES:
        assert f"`{name}`" in PAGE, name
    for function in FUNCTIONS:
        assert re.search(rf"`(?:[^`|]*\.)?{function}[(`]", PAGE), function


def test_every_example_of_the_page_compiles():
    examples = re.findall(r"```cel\n(.*?)```", PAGE, re.S)
    assert len(examples) > 5
    for example in examples:
        compile_expression(example)
