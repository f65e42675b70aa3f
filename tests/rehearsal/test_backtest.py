"""Does a backtest with the rules that were in force give the messages that were sent? And with others?"""

import json
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerting.cli.main import main
from alerting.configuration import load
from alerting.rehearsal import history
from alerting.rehearsal.replay import Replay, not_replayed
from alerting.rehearsal.tally import was, would
from rules.instants import DAY, HOUR, MINUTE, SECOND, format_instant
from support.house import START, House

CONFIG = """
channels:
  ops: {type: webhook, url: "http://127.0.0.1:9/x"}
  mail: {type: webhook, url: "http://127.0.0.1:9/y"}
severity:
  - {match: {workflow: pay}, severity: critical}
  - {match: {workflow: import}, severity: medium}
rules:
  - {name: any, match: {workflow: ["pay", "sync"]}}
  - {name: imports, match: {workflow: import}, condition: {count: 2, within: 2h}, policy: mail}
  - {name: in-a-row, match: {workflow: sync}, condition: {consecutive: 2}, by: [workflow], policy: mail}
policies:
  default: {channels: [ops]}
  mail: {channels: [mail], group_wait: 30s}
"""


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path, CONFIG)
    yield made
    made.close()


def sent(house):
    rows = house.rows("SELECT created_at, channel, reason, since_last, severity FROM notification")
    return sorted(tuple(row.values()) for row in rows)


def replayed(house, text=CONFIG, since=START - HOUR):
    came = Replay(load(text).ruleset(), since, house.clock.now() + 1).run(house.store)
    messages = [(each.at, each.message) for each in came.messages]
    return came, sorted((at, m.channel, m.reason.value, m.since_last, m.severity.value) for at, m in messages)


def day(house):
    for number in range(30):
        house.event("pay", f"pay-{number}", "failed" if number % 7 in (2, 3, 4, 5) else "succeeded", ended_at=None)
        house.event("import", f"import-{number}", "succeeded" if number % 3 else "failed")
        house.event("sync", f"sync-{number}", "failed" if 10 < number < 15 else "succeeded")
        house.work()
        house.pass_time(13 * MINUTE)
    house.pass_time(DAY)


def test_the_same_rules_give_what_was_sent(house):
    day(house)
    came, messages = replayed(house)
    assert messages == sent(house)
    assert {reason for _, _, reason, _, _ in messages} >= {"first", "resolved", "reminder", "digest"}
    assert came.failures + came.runs == 90
    assert would(came) == was(house.store, START - HOUR, house.clock.now() + 1)


def test_pages_do_not_change_it(house, monkeypatch):
    day(house)
    _, whole = replayed(house)
    monkeypatch.setattr(history, "PAGE", 4)
    assert replayed(house)[1] == whole


def test_what_came_before_is_known_and_does_not_count(house):
    day(house)
    since = START + 2 * HOUR
    assert replayed(house, since=since)[1] == [each for each in sent(house) if each[0] >= since]


def test_other_rules_give_other_messages(house):
    day(house)
    quiet = CONFIG.replace("{name: any, match:", "{name: any, notify: shadow, match:")
    _, messages = replayed(house, quiet)
    assert {channel for _, channel, *_ in messages} == {"mail"}


def test_consequences_and_late_evidence(house):
    error = {"type": "Boom", "message": "it broke"}
    house.event("pay", "child", error=error, parent_run_id="parent")
    house.event("sync", "parent", error=error)
    house.event("pay", "vague", error=None)
    house.event("pay", "hushed", notify=False)
    house.work()
    house.pass_time(HOUR)
    assert replayed(house)[1] == sent(house)


def test_it_says_what_history_cannot_tell():
    ruleset = load(CONFIG + "# \n").ruleset()
    assert not_replayed(ruleset) == []
    tries = load("rules: [{name: t, on: attempt}, {name: s, condition: {stuck: 10m}}]").ruleset()
    assert [note.split(":")[0] for note in not_replayed(tries)] == [
        "rule t looks at single tries, which are not stored",
        "rule s watches open runs, whose signs of life are not stored",
    ]


steps = st.lists(
    st.tuples(
        st.sampled_from(["pay", "import", "sync"]),
        st.sampled_from(["failed", "failed", "succeeded", "cancelled"]),
        st.sampled_from([SECOND, MINUTE, 7 * MINUTE, HOUR]),
    ),
    max_size=25,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps)
def test_any_history_is_replayed_as_it_was(tmp_path_factory, happened):
    house = House(tmp_path_factory.mktemp("house"), CONFIG)
    try:
        for number, (workflow, outcome, then) in enumerate(happened):
            house.event(workflow, f"run-{number}", outcome)
            house.work()
            house.pass_time(then)
        house.pass_time(DAY)
        assert replayed(house)[1] == sent(house)
    finally:
        house.close()


def test_the_command(house, tmp_path, capsys, monkeypatch):
    day(house)
    monkeypatch.setenv("TOCSIN_CLOCK", "")
    until = format_instant(house.clock.now())
    asked = ["backtest", "--since", format_instant(START), "--until", until, "--data", str(tmp_path)]
    assert main([*asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["configuration"], told["runs"] + told["failures"]) == ("the rules in force", 90)
    assert all(each["would"] == each["was"] for each in [*told["days"], *told["reasons"].values()])
    assert sum(each["was"] for each in told["days"]) == len(sent(house))
    assert main(asked) == 0
    out = capsys.readouterr().out
    assert "day (UTC)   channel  would  was\n" in out
    assert Counter(out.split())["mail"] >= 1
    (tmp_path / "bad.yaml").write_text("rulez: []")
    assert main([*asked, "--config", str(tmp_path / "bad.yaml")]) == 1
    assert "bad.yaml:1:1: rulez: is not a key" in capsys.readouterr().err
    assert main(["backtest", "--since", "never", "--data", str(tmp_path)]) == 2
    assert main(["backtest", "--data", str(tmp_path / "nothing")]) == 1


def test_over_postgresql_as_well(tmp_path, database):
    house = House(tmp_path, CONFIG, database.url)
    try:
        day(house)
        came, messages = replayed(house)
        assert len(messages) > 10
        assert messages == sent(house)
        assert would(came) == was(house.store, START - HOUR, house.clock.now() + 1)
    finally:
        house.close()
