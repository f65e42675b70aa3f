"""Does Slack get what it can show, in the place where it belongs? Against a real HTTP server in Slack's place."""

import asyncio
import json
import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifiers import slack_form
from notifiers.context import ChannelContext
from notifiers.egress import Egress
from notifiers.markup import size
from notifiers.message import Verdict
from notifiers.registry import build, parse_channel
from support.golden import HOURS, OVER, REASONS, compare, sample, several
from support.samples import PART, message
from support.sinks import Answer, HttpSink

TOKEN = "xoxb-1-tok3nS3cret"
ROOT = "C1:100.1"


def ok(ts="200.2", **more):
    return Answer(body=json.dumps({"ok": True, "channel": "C1", "ts": ts, **more}).encode())


def no(word, **headers):
    return Answer(200, {name.replace("_", "-"): text for name, text in headers.items()}, _refusal(word))


def _refusal(word):
    return json.dumps({"ok": False, "error": word}).encode()


def in_thread(ts="200.2"):
    return ok(ts, message={"thread_ts": "100.1", "ts": ts})


def send(answers, *said):
    """What came of each message, and the requests: the method of Slack's and its body."""
    with HttpSink(list(answers)) as sink:
        config = {"type": "slack", "token": TOKEN, "channel": "#ops", "api": f"http://127.0.0.1:{sink.port}/api/"}
        receipts = asyncio.run(_sent(config, said))
        return receipts, [(request.path.removeprefix("/api/"), request.json) for request in sink.requests]


async def _sent(config, said):
    channel = build("c", parse_channel(config), ChannelContext(Egress(None), timeout=2.0))
    receipts = [await channel.send(each, channel.targets[0]) for each in said]
    await channel.aclose()
    return receipts


def blocks_of(body):
    return [*body["blocks"], *(block for each in body.get("attachments", ()) for block in each["blocks"])]


def objects_of(value):
    """Every text object."""
    if isinstance(value, list):
        return [found for each in value for found in objects_of(each)]
    if not isinstance(value, dict):
        return []
    inner = [found for each in value.values() for found in objects_of(each)]
    return [value, *inner] if isinstance(value.get("text"), str) and "type" in value else inner


@pytest.mark.parametrize("reason", REASONS)
def test_the_form_of_every_reason(reason):
    [receipt], [(method, body)] = send([ok()], sample(reason))
    assert (receipt.verdict, method, body.pop("channel")) == (Verdict.DELIVERED, "chat.postMessage", "#ops")
    compare("slack", reason, body)


def test_a_webhook_gets_the_same_form_and_leaves_no_thread():
    with HttpSink() as sink:
        config = {"type": "slack", "url": f"{sink.url}/services/T0/B0/x"}
        [receipt] = asyncio.run(_sent(config, [replace(sample("again"), thread=ROOT)]))
        [request] = sink.requests
    assert (receipt.delivered, receipt.handle) == (True, "")
    compare("slack", "again", request.json)


def test_the_plain_form_is_text_alone():
    _, [(_, body)] = send([ok()], replace(sample("first"), plain=True))
    assert set(body) == {"channel", "text", "unfurl_links", "unfurl_media"}
    assert body["text"].startswith("*[critical] charge-card: CardDeclined in step charge*\ncharge-card failed")


def test_the_token_is_sent_and_never_told():
    with HttpSink([no(f"bad {TOKEN}"), Answer(500, body=TOKEN.encode())]) as sink:
        config = {"type": "slack", "token": TOKEN, "channel": "#ops", "api": sink.url}
        receipts = asyncio.run(_sent(config, [message(), message()]))
        assert sink.requests[0].headers["Authorization"] == f"Bearer {TOKEN}"
    assert [receipt.detail for receipt in receipts] == ["bad …", "HTTP 500: …"]


def within_limits(body):
    blocks = blocks_of(body)
    assert len(blocks) <= 50
    assert len(json.dumps(blocks, ensure_ascii=False)) <= 13_000
    assert len(json.dumps(body, ensure_ascii=False)) <= 40_000
    assert all(0 < size(found["text"]) <= 3_000 for found in objects_of(blocks))
    for block in blocks:
        assert block["type"] != "header" or size(block["text"]["text"]) <= 150
        assert len(block.get("fields", ())) <= 10
        assert all(size(field["text"]) <= 2_000 for field in block.get("fields", ()))
        assert len(block.get("elements", ())) <= 10
    for found in objects_of(blocks):
        assert re.findall(r"&(?!amp;|lt;|gt;)", found["text"]) == []
    return blocks


@pytest.mark.parametrize("sign", ["x", "&", "<", "`", "\n", "😀", '"', "<!channel> "])
def test_a_megabyte_of_anything_stays_within_the_limits(sign):
    huge = sign * 1_000_000
    names = ("workflow", "step", "version", "team", "engine", "acknowledged_by", "mention")
    everywhere = dict.fromkeys(names, huge[:20_000]) | {"error_message": huge}
    evidence = tuple((f"n{number}", huge[:500]) for number in range(30))
    links = {"source": f"https://x/{huge}", "run": "http://t/r"}
    said = message(**everywhere, error_type="E", previous_version="1", evidence=evidence, links=links)
    within_limits(slack_form.full(replace(said, hours=HOURS)))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=1_500), st.text(max_size=400), st.integers(1, 60))
def test_any_text_and_any_number_of_alerts_stays_within_the_limits(text, name, number):
    within_limits(slack_form.full(message(error_message=text, workflow=name, step=name, environment=name, team=name)))
    within_limits(slack_form.full(several(number, workflow=name, error_message=text, mention="<@U1>", team=name)))


def test_three_hundred_alerts_say_how_many_causes_are_left_out():
    said = several(300, "digest", cause="")
    blocks = within_limits(slack_form.full(said))
    text = "\n".join(found["text"] for found in objects_of(blocks))
    listed = len(re.findall(r"^\*\[critical\]", text, re.M))
    assert 10 < listed < 40
    assert f"… and {300 - listed} more causes." in text
    assert "<http://t/|Overview>" in text


def test_long_sections_leave_room_for_the_rest():
    said = several(120, "storm", error_message="&" * 300, links={"alert": "http://t/" + "a" * 600})
    text = json.dumps(within_limits(slack_form.full(said)))
    assert "more causes." in text
    assert "<http://t/|Overview>" in text


def test_what_an_error_says_is_no_markup_and_what_the_configuration_says_is():
    nasty = "<!channel> <@U9> & ``` <http://evil.example|run> *b*"
    body = slack_form.full(
        message(error_message=nasty, workflow=nasty, team="<!here>", mention="<!subteam^S1> <@U123>")
    )
    assert set(re.findall(r"<[^|>]*", json.dumps(body))) == {
        "<!subteam^S1",
        "<@U123",
        "<http://t/runs/r1",
        "<http://t/alerts/a1",
    }
    [error] = [found["text"] for found in objects_of(blocks_of(body)) if found["text"].startswith("```")]
    assert error.count("```") == 2
    called = [found["text"] for found in objects_of(body["blocks"]) if found["type"] == "mrkdwn"]
    assert called == ["Owner: &lt;!here&gt; <!subteam^S1> <@U123>"]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://x/", "https://", "", "//x", "file:///etc/passwd"])
def test_only_addresses_of_the_web_become_links(url):
    said = message(links={"source": url, "run": "http://t/runs/r1"})
    assert "In the engine" not in json.dumps(slack_form.full(said))


def test_an_address_cannot_end_its_link_early():
    body = slack_form.full(message(links={"source": "https://x/a|b> <!channel>?c=1&d=é"}))
    assert "<https://x/a%7Cb%3E%20%3C!channel%3E?c=1&amp;d=%C3%A9|In the engine>" in json.dumps(body)


def test_a_message_without_alerts_is_shown_too():
    body = slack_form.full(replace(message(), alerts=(), links={}, title="Rule x has no answer", text="It says why."))
    assert [found["text"] for found in objects_of(blocks_of(body))] == ["Rule x has no answer", "It says why."]
    assert "attachments" not in body


@pytest.mark.parametrize(
    ("word", "verdict", "code"),
    [
        ("ratelimited", Verdict.UNREACHABLE, 200),
        ("internal_error", Verdict.UNREACHABLE, 200),
        ("fatal_error", Verdict.UNREACHABLE, 200),
        ("service_unavailable", Verdict.UNREACHABLE, 200),
        ("request_timeout", Verdict.UNREACHABLE, 200),
        ("invalid_auth", Verdict.REFUSED, 200),
        ("token_revoked", Verdict.REFUSED, 200),
        ("channel_not_found", Verdict.REFUSED, 200),
        ("not_in_channel", Verdict.REFUSED, 200),
        ("is_archived", Verdict.REFUSED, 200),
        ("missing_scope", Verdict.REFUSED, 200),
        ("a_word_of_tomorrow", Verdict.REFUSED, 200),
        ("invalid_blocks", Verdict.REFUSED, 400),
        ("invalid_attachments", Verdict.REFUSED, 400),
        ("msg_too_long", Verdict.REFUSED, 400),
        ("msg_blocks_too_long", Verdict.REFUSED, 400),
    ],
)
def test_what_slack_says_beneath_a_200_is_heard(word, verdict, code):
    [receipt], _ = send([no(word, Retry_After="7")], message())
    assert (receipt.verdict, receipt.code, receipt.detail, receipt.handle) == (verdict, code, word, "")
    assert receipt.retry_after == (7 if verdict is Verdict.UNREACHABLE else None)


@pytest.mark.parametrize("body", [b"", b"ok", b"<html>", b"[]", b"{}", b'{"ok": 1}', b'{"ok": tr', b"[" * 100_000])
def test_an_answer_that_is_not_slack_s_leaves_it_open(body):
    [receipt], _ = send([Answer(body=body)], message())
    assert (receipt.verdict, receipt.code) == (Verdict.UNSURE, 200)


def test_the_first_message_leaves_its_place_and_the_next_ones_answer_it():
    first, *answers = send([ok("100.1"), ok(), in_thread()], sample("first"), replace(sample("again"), thread=ROOT))
    assert [receipt.handle for receipt in first] == [ROOT, ROOT]
    [(_, root), (_, change), (method, reply)] = answers[0]
    assert "thread_ts" not in root
    assert (method, reply["channel"], reply["thread_ts"], reply["reply_broadcast"]) == (
        "chat.postMessage", "C1", "100.1", False,
    )  # fmt: skip
    assert (change["channel"], change["ts"]) == ("C1", "100.1")


@pytest.mark.parametrize("reason", REASONS)
def test_what_matters_to_all_is_shown_in_the_channel_too(reason):
    _, requests = send([], replace(sample(reason), thread=ROOT))
    loud = [body.get("reply_broadcast") for method, body in requests if method == "chat.postMessage"]
    expected = {"storm": [], "digest": [None]}.get(
        reason, [reason in {"resolved", "reopened", "severity_up", "escalation"}]
    )
    assert loud == expected


@pytest.mark.parametrize(
    ("reason", "changes", "title", "colour"),
    [
        ("resolved", {"resolved_at": OVER}, "[critical] resolved: charge-card", "#2a8a4a"),
        ("acknowledged", {"acknowledged_by": "Kim"}, "[critical] acknowledged: charge-card", "#b3141d"),
        ("reminder", {"acknowledged_by": "Kim"}, "[critical] acknowledged: charge-card", "#b3141d"),
        ("again", {"count": 1_234}, "[critical] charge-card", "#b3141d"),
        ("severity_up", {}, "[critical] charge-card", "#b3141d"),
        ("drill", {}, "[critical] drill: charge-card", "#b3141d"),
    ],
)
def test_the_first_message_is_changed_to_how_it_stands(reason, changes, title, colour):
    said = replace(message(reason, **changes), thread=ROOT)
    [receipt], [(method, root), (_, reply)] = send([ok(), in_thread()], said)
    assert (receipt.handle, method) == (ROOT, "chat.update")
    assert root["blocks"][0]["text"]["text"] == f"{title}: CardDeclined in step charge"
    assert root["attachments"][0]["color"] == colour
    assert reply["blocks"][0]["text"]["text"] == said.title.replace(">", "&gt;")
    assert f"Failed {changes.get('count', 3):,} times" in json.dumps(root)


def test_the_first_message_stays_when_this_one_is_not_about_all_of_it():
    _, requests = send([in_thread()], replace(sample("resolved"), thread=ROOT, others=2, ends=False))
    assert [method for method, _ in requests] == ["chat.postMessage"]


@pytest.mark.parametrize("trouble", [no("internal_error"), no("cant_update_message"), Answer(500), Answer(drop=True)])
def test_a_first_message_that_cannot_be_changed_costs_nothing(trouble):
    [receipt], requests = send([trouble, in_thread()], replace(sample("resolved"), thread=ROOT))
    assert (receipt.verdict, receipt.handle) == (Verdict.DELIVERED, ROOT)
    assert [method for method, _ in requests] == ["chat.update", "chat.postMessage"]


@pytest.mark.parametrize(
    "answers",
    [
        [no("message_not_found"), ok("300.3")],
        [ok(), no("thread_not_found"), ok("300.3")],
        [ok(), ok("300.3", message={"ts": "300.3"})],  # Slack took the answer out of a thread that is gone
    ],
)
def test_a_first_message_that_is_gone_is_posted_anew(answers):
    [receipt], requests = send(answers, replace(sample("again"), thread=ROOT))
    assert (receipt.verdict, receipt.handle) == (Verdict.DELIVERED, "C1:300.3")
    assert len(requests) == len(answers)
    assert answers[-1] != ok("300.3") or "thread_ts" not in requests[-1][1]


def test_a_storm_is_one_message_that_changes():
    storm = sample("storm")
    receipts, requests = send([ok("100.1"), ok("100.1")], storm, replace(storm, thread=ROOT))
    assert [method for method, _ in requests] == ["chat.postMessage", "chat.update"]
    assert [receipt.handle for receipt in receipts] == [ROOT, ROOT]
    assert requests[1][1]["blocks"] == requests[0][1]["blocks"]


@pytest.mark.parametrize("word", ["message_not_found", "edit_window_closed", "cant_update_message"])
def test_a_storm_whose_message_cannot_be_changed_is_posted_anew(word):
    [receipt], requests = send([no(word), ok("300.3")], replace(sample("storm"), thread=ROOT))
    assert (receipt.delivered, receipt.handle) == (True, "C1:300.3")
    assert [method for method, _ in requests] == ["chat.update", "chat.postMessage"]


@pytest.mark.parametrize(("answer", "verdict"), [(no("ratelimited"), "unreachable"), (no("invalid_blocks"), "refused")])
def test_a_storm_that_cannot_be_changed_now_is_not_posted_twice(answer, verdict):
    [receipt], requests = send([answer], replace(sample("storm"), thread=ROOT))
    assert (receipt.verdict, len(requests)) == (verdict, 1)


def test_a_change_to_the_plain_form_leaves_nothing_of_the_full_one():
    _, [(_, body)] = send([ok()], replace(sample("storm"), thread=ROOT, plain=True))
    assert (body["blocks"], body["attachments"]) == ([], [])


@pytest.mark.parametrize("handle", ["123456", "C1:", "C1:1:2", "C1:1.1\n", "a b:1.1"])
def test_a_handle_of_another_kind_of_channel_is_no_thread(handle):
    [receipt], [(method, body)] = send([ok("300.3")], replace(sample("again"), thread=handle))
    assert (method, receipt.handle) == ("chat.postMessage", "C1:300.3")
    assert "thread_ts" not in body


def test_a_bot_s_recipient_is_its_channel():
    config = {"type": "slack", "token": TOKEN, "channel": "#ops"}
    assert build("c", parse_channel(config), ChannelContext(Egress(None))).targets == ("#ops",)


def test_three_runs_are_linked():
    body = slack_form.full(message(runs=PART.runs * 5))
    assert json.dumps(body).count("<http://t/runs/r1|order-2000 (failed)") == 3
