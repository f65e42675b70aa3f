"""Do rule tests pass and fail as their author would expect, and say why?"""

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.cli.main import main
from alerting.rehearsal.comparing import _matching as matching
from alerting.rehearsal.comparing import fits
from alerting.rehearsal.model import Expectation
from alerting.rehearsal.stage import Said
from rules.decisions import About, Notify
from rules.instants import SECOND
from rules.state import AlertState, Example
from rules.vocabulary import Reason, Severity

CONFIG = """
channels:
  ops: {type: webhook, url: "http://127.0.0.1:9/x"}
rules:
  - name: burst
    match: {workflow: import}
    condition: {count: 5, within: 60s}
    by: [workflow]
  - name: payments
    match: {workflow: "pay*"}
    when: error.type != "CardDeclined"
"""
BURST = """
config: tocsin.yaml
tests:
  - name: burst over a minute boundary
    start: 2026-01-05T09:00:00Z
    events:
      - {at: 0s,  run_id: r1, workflow: import, outcome: failed, error: {type: Timeout}}
      - {at: 55s, run_id: r2, workflow: import, outcome: failed, error: {type: Timeout}}
      - {at: [57s, 59s, 61s, 62s], workflow: import, outcome: failed, error: {type: Timeout}}
    expect_none_until: 61s
    expect:
      - {at: 62s, channel: ops, reason: first, severity: high, alerts: 1}
    idle_until: 10m
"""


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tocsin.yaml").write_text(CONFIG)

    def run(text):
        (tmp_path / "rules_test.yaml").write_text(text)
        code = main(["test", "rules_test.yaml"])
        return code, capsys.readouterr().out

    return run


def one(events, more, name="one"):
    head = f"config: tocsin.yaml\ntests:\n  - name: {name}\n    start: 2026-01-05T09:00:00Z\n    events:\n"
    return head + textwrap.indent(textwrap.dedent(events).strip(), "      ") + "\n" + textwrap.indent(
        textwrap.dedent(more).strip(), "    "
    )  # fmt: skip


def test_a_burst_over_a_minute_boundary(run):
    code, out = run(BURST)
    assert (code, out) == (0, "rules_test.yaml\n  ok    burst over a minute boundary\n1 passed, 0 failed\n")


def test_what_did_not_come_and_what_came_instead(run):
    code, out = run(BURST.replace("at: 62s", "at: 61s").replace("severity: high", "severity: low"))
    assert code == 1
    assert out == (
        "rules_test.yaml\n"
        "  FAIL  burst over a minute boundary (line 4)\n"
        "        − +1m1s  ops  first  low  1 alert  (missing)\n"
        "            rule burst at +1m1s: inactive → inactive\n"
        "        + +1m2s  ops  first  high  1 alert  import  since_last 0  (unexpected)\n"
        "0 passed, 1 failed\n"
    )


def test_a_silence_is_named_beside_the_missing_message(run):
    events = """
        - {at: 0s, workflow: pay, outcome: failed, error: {type: Boom}}
        - {at: 5m, workflow: pay, outcome: failed, error: {type: Boom}}
    """
    code, out = run(one(events, "expect: [{at: 0s, reason: first}, {at: 5m, channel: ops, reason: again}]"))
    assert code == 1
    assert "          +0s  ops  first  high  1 alert  pay  since_last 0\n" in out
    assert "        − +5m  ops  again  (missing)\n            silent: dedup on ops at +5m" in out


def test_people_act_and_successes_resolve(run):
    events = """
        - {at: 0s, workflow: pay, outcome: failed, error: {type: Boom}}
        - {at: 2h, workflow: pay, outcome: succeeded}
        - {at: 3h, workflow: pay, outcome: running, run_id: r}
        - {at: 4h, workflow: pay, outcome: cancelled, run_id: r}
    """
    more = """
        actions: [{at: 20m, acknowledge: {workflow: pay}}]
        expect: [{at: 0s, reason: first}, {at: 2h, reason: resolved, workflow: pay}]
    """
    assert run(one(events, more))[0] == 0
    code, out = run(one(events, more.replace("workflow: pay}}", "workflow: other}}")))
    assert code == 1
    assert "! at +20m there was no open alert to acknowledge" in out


def test_a_late_event_is_decided_when_it_came(run):
    events = "- {at: 0s, received: 5m, workflow: pay, outcome: failed, error: {type: Boom}}"
    assert run(one(events, "expect: [{at: 5m, reason: first}]"))[0] == 0


def test_a_failure_without_a_type_waits_for_more(run):
    events = "- {at: 0s, workflow: pay, outcome: failed}"
    assert run(one(events, "idle_until: 1m\nexpect: [{at: 6s, reason: first}]"))[0] == 0


def test_a_configuration_may_stand_in_the_file(run):
    text = BURST.replace("config: tocsin.yaml", "config: {channels: {ops: {type: webhook, url: 'http://127.0.0.1:9'}}}")
    code, out = run(text)
    assert code == 1
    assert "(nothing was to come until +1m1s)" in out


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("    idle_until: 10m\n", ""), None),
        (("idle_until: 10m", "idle_untill: 10m"), ":13:5: tests[0].idle_untill: is not a key that is known here; did"),
        (("at: 62s, chan", "at: 20m, chan"), ":12:10: tests[0].expect[0].at: is after all that happens; say idle"),
        (("at: 62s, chan", "at: 60s, chan"), ":12:10: tests[0].expect[0].at: is before expect_none_until"),
        (("at: 55s", "at: 55"), ":8:10: tests[0].events[1].at[0]: 55 is not a time from the start; write it like"),
        (("outcome: failed", "outcome: fialed"), ":7:9: tests[0].events[0]: outcome: 'fialed' is not known; did"),
        (("start: 2026-01-05T09:00:00Z", "start: noon"), ":5:5: tests[0].start: 'noon' is not RFC 3339"),
        (("config: tocsin.yaml", "config: other.yaml"), ":2:1: config: other.yaml cannot be read"),
        (("config: tocsin.yaml", "config: {rules: [{nam: x}]}"), ":2:19: rules[0].nam: is not a key"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_file_is_said_with_its_place(run, change, problem):
    code, out = run(BURST.replace(*change, 1))
    assert code == (0 if problem is None else 1)
    assert problem is None or f"rules_test.yaml{problem}" in out


def test_a_rule_that_cannot_be_evaluated_is_named(run):
    events = "- {at: 0s, workflow: pay, outcome: failed, error: {type: Boom}}"
    rules = "rules: [{name: r, when: \"labels.team == 'shop'\"}]"
    inline = f"config: {{channels: {{ops: {{type: webhook, url: 'http://127.0.0.1:9'}}}}, {rules}}}"
    code, out = run(one(events, "expect: []").replace("config: tocsin.yaml", inline))
    assert code == 1
    assert '! rule r could not be evaluated: there is no key "team"' in out


def test_a_file_that_is_not_there_is_wrong_usage(capsys):
    assert main(["test", "nowhere.yaml"]) == 2
    assert "name another file" in capsys.readouterr().err


def said(at, channel):
    message = Notify("", channel, "", Reason.FIRST, Severity.HIGH, "", (About("", "", Reason.FIRST, 1),))
    return Said(at * SECOND, message, AlertState("", "", (), "", examples=(Example(workflow="w"),)))


times, places = st.none() | st.integers(0, 3), st.none() | st.sampled_from("abc")
expectations = st.builds(lambda at, c: Expectation(at=at and f"{at}s", channel=c), times, places)
came = st.lists(st.builds(said, st.integers(0, 3), st.sampled_from("abc")), max_size=4)


@given(st.lists(expectations, max_size=4), came)
def test_as_many_expectations_are_met_as_can_be(expected, messages):
    def most(left, free):
        if not left:
            return 0
        fitting = [i for i in free if fits(left[0], messages[i], 0)]
        return max([most(left[1:], free), *(1 + most(left[1:], free - {i}) for i in fitting)])

    met = matching(expected, messages, 0)
    assert len(met) == most(expected, frozenset(range(len(messages))))
    assert all(fits(expected[wanted], messages[i], 0) for i, wanted in met.items())
