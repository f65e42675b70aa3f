"""Who is told when, and what keeps it from being told: reminders, escalation, silences, digests, flapping."""

import pytest

from acceptance.timeline import (
    Told,
    acknowledged,
    again,
    at,
    between,
    escalation,
    failed,
    first,
    flapping,
    late,
    play,
    push,
    reminder,
    resolved,
    severity_up,
    succeeded,
    told,
    want,
)

HOOK = """
channels:
  ops: {type: webhook, url: 'http://127.0.0.1:9/x'}
  boss: {type: webhook, url: 'http://127.0.0.1:9/y'}
"""
BEGINS = "2026-11-24T06:00:00Z"


def policy(**more: str) -> str:
    terms = {"channels": "[ops]", "group_wait": "0s", "group_interval": "0s", **more}
    return f"{HOOK}policies:\n  default:\n" + "".join(f"    {name}: {value}\n" for name, value in terms.items())


def unsaid(timeline) -> set[str]:
    return {row["reason"] for row in timeline.house.rows("SELECT reason FROM decision WHERE kind = 'silent'")}


def test_who_is_next_is_told_unless_somebody_has_acknowledged_it(house):
    play(
        house(policy(escalate="[{after: 10m, channels: [boss]}]")),
        push(at("0s"), failed("foo"), failed("bar")),
        push(at("5m"), acknowledged("bar")),
        want(between("0s", "0.1s"), first("foo")),
        want(between("0s", "0.1s"), first("bar")),
        want(between("10m", "10m 1s"), escalation("foo").on("boss")),
        until="7h",
    )


def test_an_acknowledgement_that_runs_out_brings_reminders_and_escalation_back(house):
    terms = {"remind": "{high: [30m]}", "ack_timeout": "1h", "escalate": "[{after: 10m, channels: [boss]}]"}
    play(
        house(policy(**terms)),
        push(at("0s"), failed("foo")),
        push(at("5m"), acknowledged("foo")),
        want(between("0s", "0.1s"), first("foo")),
        want(between("1h 5m", "1h 5m 1s"), reminder("foo")),
        want(between("1h 15m", "1h 15m 1s"), escalation("foo").on("boss")),
        want(between("1h 35m", "1h 35m 1s"), reminder("foo")),
        until="1h 40m",
    )


def test_what_fails_still_when_a_silence_ends_is_told_then(house):
    silence = "silences: [{match: {workflow: foo}, until: '2026-11-24T07:00:00Z', comment: known}]\n"
    timeline = play(
        house(policy() + silence, begins=BEGINS),
        push(at("10m"), failed("foo"), failed("bar")),
        want(between("10m", "10m 1s"), first("bar")),
        want(between("1h", "1h 1s"), first("foo")),
        until="3h",
    )
    assert unsaid(timeline) == {"silenced"}


def test_what_began_and_ended_within_a_silence_is_not_told(house):
    silence = "silences: [{match: {workflow: foo}, until: '2026-11-24T07:00:00Z', comment: known}]\n"
    play(
        house(policy() + silence, begins=BEGINS),
        push(at("10m"), failed("foo")),
        push(at("20m"), succeeded("foo")),
        until="3h",
    )


def test_a_silence_until_resolved_lasts_for_one_episode(house):
    silence = "silences: [{match: {workflow: foo}, until_resolved: true, comment: known}]\n"
    play(
        house(policy() + silence, begins=BEGINS),
        push(at("0s"), failed("foo")),
        push(at("5h"), failed("foo")),
        push(at("6h"), succeeded("foo")),
        push(at("7h"), failed("foo")),
        want(between("7h", "7h 1s"), first("foo")),
        until="9h",
    )


def test_in_a_mute_timing_messages_wait_for_its_end(house):
    muted = "mute_timings: {breakfast: {times: ['06:00-07:00']}}\n"
    timeline = play(
        house(policy(mute="[breakfast]") + muted, begins=BEGINS),
        push(at("10m"), failed("foo"), failed("bar")),
        push(at("20m"), succeeded("bar")),
        want(between("1h", "1h 1s"), first("foo")),
        until="3h",
    )
    assert unsaid(timeline) == {"muted"}


@pytest.mark.parametrize(
    ("came", "went", "back", "told_at"), [("30m", "35m", "40m", "1h"), ("50m", "55m", "62m", "62m")]
)
def test_what_came_and_went_while_muted_and_is_back_begins(house, came, went, back, told_at):
    muted = "mute_timings: {breakfast: {times: ['06:00-07:00']}}\n"
    play(
        house(policy(mute="[breakfast]") + muted, begins=BEGINS),
        push(at(came), failed("foo")),
        push(at(went), succeeded("foo")),
        push(at(back), failed("foo")),
        want(between(told_at, f"{told_at} 1s"), first("foo")),
        until="90m",
    )


def test_a_digest_that_is_due_while_muted_comes_at_its_end(house):
    muted = "mute_timings: {breakfast: {times: ['06:30-07:30']}}\n"
    digest = {"timing": "{high: daily}", "digest": "{at: '07:00'}"}
    play(
        house(policy(mute="[breakfast]", **digest) + muted, begins=BEGINS),
        push(at("10m"), failed("foo")),
        want(between("90m", "90m 1s"), told("digest", foo="first")),
        until="3h",
    )


def test_an_escalation_that_is_due_while_muted_comes_at_its_end(house):
    muted = "mute_timings: {breakfast: {times: ['06:05-07:00']}}\n"
    play(
        house(policy(mute="[breakfast]", escalate="[{after: 10m, channels: [boss, ops]}]") + muted, begins=BEGINS),
        push(at("0s"), failed("foo")),
        want(between("0s", "1s"), first("foo")),
        want(between("1h", "1h 1s"), escalation("foo").on("boss")),
        want(between("1h", "1h 1s"), escalation("foo")),
        until="90m",
    )


def test_what_is_inhibited_is_told_when_that_is_over(house):
    inhibit = "inhibit: [{source: {workflow: db}, target: {workflow: app}, equal: [environment]}]\n"
    timeline = play(
        house(policy() + inhibit),
        push(at("0s"), failed("db", environment="prod")),
        push(at("1m"), failed("app", environment="prod")),
        push(at("1h"), succeeded("db")),
        push(at("2h"), succeeded("db", environment="prod")),
        want(between("0s", "1s"), first("db")),
        want(between("2h", "2h 1s"), resolved("db")),
        want(between("2h", "2h 1s"), first("app")),
        until="3h",
    )
    assert "inhibited" in unsaid(timeline)


def test_what_comes_and_goes_all_the_time_is_one_notice_and_one_summary(house):
    moments = [("0s", "2m"), ("18m", "20m"), ("36m", "38m"), ("54m", "56m"), ("1h 12m", "1h 14m")]
    timeline = play(
        house(policy(timing="{high: now}")),
        *(push(at(begins), failed("foo")) for begins, _ in moments),
        *(push(at(ends), succeeded("foo")) for _, ends in moments),
        *(want(between(begins, f"{begins} 1s"), first("foo")) for begins, _ in moments[:3]),
        *(want(between(ends, f"{ends} 1s"), resolved("foo")) for _, ends in moments[:2]),
        want(between("38m", "38m 1s"), flapping("foo")),
        want(between("2h 12m", "2h 12m 1s"), resolved("foo")),
        until="5h",
    )
    assert "flapping" in unsaid(timeline)


def test_what_fails_still_when_it_has_calmed_down_is_told_so_once(house):
    play(
        house(policy(timing="{high: now}", flapping="{changes: 3}")),
        *(push(at(moment), failed("foo")) for moment in ("0s", "20m", "40m")),
        *(push(at(moment), succeeded("foo")) for moment in ("2m", "22m")),
        want(between("0s", "1s"), first("foo")),
        want(between("2m", "2m 1s"), resolved("foo")),
        want(between("20m", "20m 1s"), first("foo")),
        want(between("22m", "22m 1s"), flapping("foo")),
        want(between("1h 22m", "1h 22m 1s"), again("foo")),
        until="2h",
    )


def test_in_maintenance_nothing_begins_but_what_was_told_ends(house):
    window = "starts: '2026-11-24T06:30:00Z', until: '2026-11-24T07:30:00Z'"
    timeline = play(
        house(policy() + f"maintenance: [{{{window}}}]\n", begins=BEGINS),
        push(at("0s"), failed("foo")),
        push(at("40m"), failed("bar")),
        push(at("45m"), succeeded("foo")),
        want(between("0s", "1s"), first("foo")),
        want(between("45m", "45m 1s"), resolved("foo")),
        want(between("1h 30m", "1h 30m 1s"), first("bar")),
        until="3h",
    )
    assert "maintenance" in unsaid(timeline)


def test_what_gets_worse_is_told_whatever_else_would_wait(house):
    play(
        house(HOOK + "policies: {default: {channels: [ops], remind: {}}}\n"),
        push(at("0s"), failed("foo")),
        push(at("5m"), acknowledged("foo")),
        push(at("10m"), failed("foo", severity="critical")),
        want(between("0s", "1s"), first("foo")),
        want(between("10m", "10m 1s"), severity_up("foo")),
        until="30m",
    )


def test_what_gets_worse_leaves_the_digest(house):
    play(
        house(HOOK + "policies: {default: {channels: [ops]}}\n", begins=BEGINS),
        push(at("0s"), failed("foo", severity="medium")),
        push(at("1h"), failed("foo", severity="high")),
        want(between("1h", "1h 1s"), first("foo")),
        until="1h 59m",
    )


def test_high_is_told_at_once_and_then_once_an_hour(house):
    play(
        house(HOOK + "policies: {default: {channels: [ops], group_by: []}}\n"),
        push(at("0s"), failed("foo")),
        push(at("10m"), failed("bar")),
        push(at("20m"), failed("foo"), failed("baz")),
        push(at("30m"), succeeded("foo")),
        push(at("1h 10m"), failed("qux")),
        want(between("0s", "1s"), first("foo")),
        want(between("30m", "30m 1s"), told("first", foo="resolved", bar="first", baz="first")),
        want(between("1h 30m", "1h 30m 1s"), told("new_members", qux="first")),
        until="5h",
    )


def test_a_shadow_decides_and_tells_nobody(house):
    timeline = play(
        house(policy() + "rules: [{name: trial, notify: shadow}]\n"),
        push(at("0s"), failed("foo")),
        push(at("1h"), succeeded("foo")),
        until="3h",
    )
    assert unsaid(timeline) == {"shadow"}
    assert [row["state"] for row in timeline.house.rows("SELECT state FROM alert")] == ["resolved"]


def test_what_is_heard_of_late_is_told_as_late_and_what_is_of_yesterday_is_not(house):
    timeline = play(
        house(policy()),
        push(at("0s"), failed("foo", ago="16m"), failed("bar", ago="14m"), failed("baz", ago="25h")),
        want(between("0s", "1s"), late("foo")),
        want(between("0s", "1s"), first("bar")),
        until="1h",
    )
    assert "too_late" in unsaid(timeline)


DIGEST = "{at: '02:30', timezone: Europe/Vienna}"


def _digest(**about: str) -> Told:
    return told("digest", **about)


def test_in_the_night_that_skips_half_past_two_there_is_one_digest(house):
    """From 02:00 the clock jumps to 03:00: 01:00 UTC, 13 hours after noon."""
    nightly = [push(at(f"{n}h"), failed("foo", severity="medium")) for n in range(0, 72, 6)]
    play(
        house(policy(digest=DIGEST), begins="2027-03-26T12:00:00Z"),
        *nightly,
        want(between("13.5h", "13.6h"), _digest(foo="first")),
        want(between("37h", "37.1h"), _digest(foo="again")),
        want(between("60.5h", "60.6h"), _digest(foo="again")),
        until="72h",
    )


def test_in_the_night_that_has_half_past_two_twice_there_is_one_digest(house):
    """02:30 is 00:30 UTC and again 01:30 UTC; the first of them counts. What fails between waits for the next."""
    play(
        house(policy(digest=DIGEST), begins="2027-10-29T12:00:00Z"),
        *(push(at(f"{n}h"), failed("foo", severity="medium")) for n in (0, 12, 24, 36, 48)),
        *(push(at(f"{n}h"), failed("bar", severity="medium")) for n in (37, 48)),
        want(between("12.5h", "12.6h"), _digest(foo="first")),
        want(between("36.5h", "36.6h"), _digest(foo="again")),
        want(between("61.5h", "61.6h"), _digest(foo="again", bar="first")),
        until="72h",
    )


def test_the_end_of_a_dedup_window_tells_what_was_counted_in_it(house):
    play(
        house(policy()),
        push(at("0s"), failed("foo")),
        push(at("10m"), failed("foo")),
        push(at("20m"), failed("foo")),
        want(between("0s", "1s"), first("foo")),
        want(between("1h", "1h 1s"), again("foo")),
        until="5h",
    )
