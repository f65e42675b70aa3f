"""What rules remember of keys goes when nothing has happened for as long as failures are kept, and not before."""

import msgspec
import pytest

from rules.instants import DAY, HOUR, MINUTE

HOOK = 'channels: {hook: {type: webhook, url: "http://127.0.0.1:9/x"}}\n'


def remembered(h) -> dict[str, list[str]]:
    names = {row["workflow"] for row in h.rows("SELECT workflow FROM alert")}
    states = h.rows("SELECT body FROM alert_state")
    talks = h.rows("SELECT body FROM conversation")
    return {name: [row["body"] for row in [*states, *talks] if f'"{name}"' in row["body"]] for name in names}


def days(h, count: int) -> None:
    for _ in range(count):
        h.pass_time(DAY)


def test_what_is_over_is_forgotten_after_the_time_for_which_failures_are_kept(house):
    h = house(f"{HOOK}retention: {{failures: 3d}}\n")
    h.event("pay")
    h.work()
    h.event("pay", outcome="succeeded")
    h.pass_time(HOUR)
    days(h, 2)
    assert len(remembered(h)["pay"]) == 2
    days(h, 3)
    assert remembered(h)["pay"] == []
    told = len(h.told())
    h.event("pay")
    h.pass_time(MINUTE)
    assert [reason for _, reason, _ in h.told()[told:]] == ["first"]


RULES = ["resolve: manual", "match: {workflow: pay}, condition: {missed: {cron: '0 0 1 1 *', timezone: UTC}}"]


@pytest.mark.parametrize("rule", RULES, ids=["open", "waits"])
def test_what_is_open_or_waits_for_something_is_kept(house, rule):
    h = house(f"{HOOK}retention: {{failures: 3d}}\nrules: [{{name: one, {rule}}}]\n")
    h.event("pay", outcome="failed" if rule == RULES[0] else "succeeded")
    h.pass_time(HOUR)
    before = h.rows("SELECT key FROM alert_state WHERE body <> ''")
    days(h, 10)
    assert before == h.rows("SELECT key FROM alert_state WHERE body <> ''") != []


def test_what_was_only_locked_is_forgotten_at_once(house):
    h = house(HOOK)
    h.event("pay")
    h.pass_time(HOUR)
    h.pass_time(HOUR)
    assert h.rows("SELECT 1 FROM conversation WHERE body = '' UNION SELECT 1 FROM alert_state WHERE body = ''") == []


def test_many_runs_go_in_steps_one_after_the_other_and_open_ones_by_when_they_were_heard_of(house):
    h = house(f"{HOOK}retention: {{runs: 3d}}\n")
    told = [{"workflow": "pay", "run_id": f"r{n}", "outcome": "succeeded"} for n in range(4_500)]
    for start in range(0, len(told), 500):
        h.put("events", msgspec.json.encode(told[start : start + 500]), 500)
    h.event("open", outcome="running")
    h.work()
    assert h.rows("SELECT count(*) AS n FROM run")[0]["n"] == 4_501
    h.pass_time(4 * DAY)
    assert h.rows("SELECT count(*) AS n FROM run")[0]["n"] == 0


def test_what_is_old_goes_also_while_bodies_come_all_the_time(house):
    h = house(f"{HOOK}retention: {{runs: 3d}}\n")
    h.event("pay", outcome="succeeded")
    h.work()
    [consumer, *_] = h.consumers
    for number in range(8):
        h.clock.sleep(DAY)
        h.event(f"later-{number}", outcome="succeeded")
        consumer.once()
    assert "pay" not in {row["workflow"] for row in h.rows("SELECT workflow FROM run")}
