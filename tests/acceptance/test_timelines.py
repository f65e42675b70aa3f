"""Where Alertmanager loses or distorts messages: what is pushed when, and what our channel takes when."""

from acceptance.timeline import (
    at,
    between,
    failed,
    first,
    play,
    push,
    recovered,
    reminder,
    resolved,
    restarted,
    succeeded,
    unreachable,
    want,
)
from notifiers.message import Receipt, Verdict
from rules.instants import SECOND

DELIVERED = Receipt(Verdict.DELIVERED)


def policy(**more: str) -> str:
    """One conversation for all, as Alertmanager's ``group_by: [alertname]`` has it for one alert name."""
    terms = {"channels": "[ops]", "group_by": "[]", "group_wait": "1s", "group_interval": "5s", **more}
    written = "".join(f"    {name}: {value}\n" for name, value in terms.items())
    return f"channels:\n  ops: {{type: webhook, url: 'http://127.0.0.1:9/x'}}\npolicies:\n  default:\n{written}"


def test_a_what_began_and_ended_between_two_messages_is_told_with_its_failure(house):
    play(
        house(policy()),
        push(at("0s"), failed("foo")),
        push(at("2.5s"), failed("bar")),
        push(at("3.5s"), succeeded("bar")),
        want(between("1s", "1.2s"), first("foo")),
        want(between("6s", "6.2s"), recovered("bar")),
        until="1h",
    )


def test_b_what_began_and_ended_within_the_group_wait_is_told_as_recovered(house):
    play(
        house(policy()),
        push(at("0s"), failed("foo")),
        push(at("0.4s"), succeeded("foo")),
        want(between("1s", "1.2s"), recovered("foo")),
        until="1h",
    )


def test_c_a_receiver_that_is_busy_once_gets_it_after_the_time_it_asked_for(house):
    def busy(since):
        return unreachable(429, retry_after=1) if since < 2 * SECOND else DELIVERED

    play(
        house(policy(), answers=busy),
        push(at("0s"), failed("foo")),
        push(at("1.5s"), succeeded("foo")),
        want(between("2s", "3s"), first("foo")),
        want(between("6s", "6.2s"), resolved("foo")),
        until="1h",
    )


def test_d_a_restart_does_not_lose_the_end_of_what_was_told(house):
    play(
        house(policy()),
        push(at("0s"), failed("foo")),
        push(at("3s"), restarted()),
        push(at("4s"), succeeded("foo")),
        want(between("1s", "1.2s"), first("foo")),
        want(between("6s", "6.2s"), resolved("foo")),
        until="1h",
    )


def test_d_a_restart_does_not_lose_the_end_by_quiet_though_nothing_is_sent_any_more(house):
    play(
        house(policy() + "rules: [{name: any, resolve: {quiet_for: 30m}}]\n"),
        push(at("0s"), failed("foo")),
        push(at("3s"), restarted()),
        want(between("1s", "1.2s"), first("foo")),
        want(between("30m", "30m 1s"), resolved("foo")),
        until="2h",
    )


def test_e_an_old_failure_waits_for_its_siblings_as_a_new_one_does(house):
    play(
        house(policy(group_wait="4s")),
        push(at("0s"), failed("foo", ago="60s")),
        push(at("0.3s"), failed("bar")),
        want(between("4s", "4.2s"), first("foo", "bar")),
        until="30m",
    )


def test_f_a_reminder_comes_at_its_own_time_not_at_a_tick_of_the_group(house):
    play(
        house(policy(group_interval="4s", remind="{high: [6s]}")),
        push(at("0s"), failed("foo")),
        want(between("1s", "1.2s"), first("foo")),
        want(between("7s", "7.2s"), reminder("foo")),
        want(between("13s", "13.2s"), reminder("foo")),
        until="18.9s",
    )


def test_g_a_receiver_that_fails_for_a_while_gets_all_of_it_in_order(house):
    def ill(since):
        return unreachable(500) if since < 5 * SECOND else DELIVERED

    timeline = play(
        house(policy(), answers=ill),
        push(at("0s"), failed("foo")),
        push(at("2.5s"), failed("bar")),
        push(at("20s"), succeeded("foo")),
        push(at("30s"), succeeded("bar")),
        want(between("5s", "12s"), first("foo", "bar")),
        want(between("20s", "20.2s"), resolved("foo")),
        want(between("30s", "30.2s"), resolved("bar")),
        until="1h",
    )
    assert len(timeline.house.rows("SELECT * FROM delivery WHERE receipt = 'unreachable'")) >= 2


def test_g_what_ended_while_the_receiver_failed_is_told_once_as_recovered(house):
    def ill(since):
        return unreachable(500) if since < 5 * SECOND else DELIVERED

    play(
        house(policy(group_interval="2s"), answers=ill),
        push(at("0s"), failed("foo")),
        push(at("2.5s"), succeeded("foo")),
        want(between("5s", "12s"), recovered("foo")),
        until="1h",
    )


def test_h_what_came_and_went_and_is_back_while_the_receiver_failed_is_told_as_first(house):
    """It was decided to be told as recovered, and then as back; but nobody had heard that it began."""

    def ill(since):
        return unreachable(503, retry_after=20) if since < 15 * SECOND else DELIVERED

    play(
        house(policy(), answers=ill),
        push(at("0s"), failed("foo")),
        push(at("0.5s"), succeeded("foo")),
        push(at("3s"), failed("foo")),
        want(between("21s", "40s"), first("foo")),
        until="30m",
    )
