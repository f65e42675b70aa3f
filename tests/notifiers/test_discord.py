"""Does Discord get what it can show, and is what was posted changed in time? Against a real HTTP server."""

import asyncio
import json
import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifiers import discord_form
from notifiers.context import ChannelContext
from notifiers.egress import Egress
from notifiers.markup import size
from notifiers.message import Verdict
from notifiers.registry import build, parse_channel
from support.golden import HOURS, REASONS, compare, sample, several
from support.samples import PART, message
from support.sinks import Answer, HttpSink

ROOT = "1001"
GONE = Answer(404, body=b'{"message": "Unknown Message", "code": 10008}')


def posted(identifier):
    return Answer(body=json.dumps({"id": identifier, "content": ""}).encode())


def send(answers, *said, query=""):
    """What came of each message, and the requests: method, path and body."""
    with HttpSink(list(answers)) as sink:
        receipts = asyncio.run(_sent({"type": "discord", "url": sink.url + query}, said))
        return receipts, [(request.method, request.path, request.json) for request in sink.requests]


async def _sent(config, said):
    channel = build("c", parse_channel(config), ChannelContext(Egress(None), timeout=2.0))
    receipts = [await channel.send(each, channel.targets[0]) for each in said]
    await channel.aclose()
    return receipts


@pytest.mark.parametrize("reason", REASONS)
def test_the_form_of_every_reason(reason):
    [receipt], [(method, path, body)] = send([posted("1001")], sample(reason))
    assert (receipt.delivered, receipt.handle) == (True, "1001")
    assert (method, path) == ("POST", "/hook?wait=true")
    compare("discord", reason, body)


def test_the_plain_form_is_text_alone():
    _, [(_, _, body)] = send([posted("1")], replace(sample("first"), plain=True))
    assert set(body) == {"content", "allowed_mentions"}
    assert body["content"].startswith("**[critical] charge-card: CardDeclined in step charge**\ncharge-card failed")


def within_limits(body):
    [embed] = body["embeds"]
    fields = embed["fields"]
    footer = embed.get("footer", {"text": "-"})["text"]
    assert 0 < size(embed["title"]) <= 256
    assert size(embed["description"]) <= 4_096
    assert len(fields) <= 25
    assert all(0 < size(field["name"]) <= 256 and 0 < size(field["value"]) <= 1_024 for field in fields)
    assert 0 < size(footer) <= 2_048
    texts = (
        embed["title"],
        embed["description"],
        footer,
        *(field[key] for field in fields for key in ("name", "value")),
    )
    assert sum(map(size, texts)) <= 6_000
    assert size(body["content"]) <= 2_000
    return embed


@pytest.mark.parametrize("sign", ["x", "*", "`", "@", "\n", "😀", "https://x ", "\u200b"])
def test_a_megabyte_of_anything_stays_within_the_limits(sign):
    huge = sign * 1_000_000
    names = ("workflow", "step", "version", "team", "engine", "acknowledged_by", "mention")
    everywhere = dict.fromkeys(names, huge[:20_000]) | {"error_message": huge}
    evidence = tuple((f"n{number}", huge[:500]) for number in range(30))
    links = {"source": f"https://x/{huge}", "run": "http://t/r"}
    said = message(**everywhere, error_type="E", previous_version="1", evidence=evidence, links=links)
    within_limits(discord_form.full(replace(said, hours=HOURS)))
    assert size(discord_form.plain(said)["content"]) <= 2_000


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=1_500), st.text(max_size=400), st.integers(1, 60))
def test_any_text_and_any_number_of_alerts_stays_within_the_limits(text, name, number):
    within_limits(discord_form.full(message(error_message=text, workflow=name, step=name, environment=name, team=name)))
    within_limits(discord_form.full(several(number, workflow=name, error_message=text, mention="<@1>", team=name)))


def test_three_hundred_alerts_say_how_many_causes_are_left_out():
    embed = within_limits(discord_form.full(several(300, "digest", cause="")))
    listed = [field for field in embed["fields"] if field["name"].startswith("[critical]")]
    assert 10 < len(listed) < 25
    assert embed["footer"]["text"] == f"… and {300 - len(listed)} more causes."
    assert embed["fields"][-1] == {"name": "Links", "value": "[Overview](http://t/)", "inline": False}


def test_the_one_who_is_called_is_the_one_of_the_configuration():
    nasty = "@everyone <@9> <@&8> ``` [run](http://evil.example) **b**"
    said = message(error_message=nasty, workflow=nasty, team=nasty, mention="<@12> <@&34> <@!56> @here <@12>")
    body = discord_form.full(said)
    assert body["content"] == "<@12> <@&34> <@!56> @here <@12>"
    assert body["allowed_mentions"] == {"parse": [], "users": ["12", "56"], "roles": ["34"]}
    text = json.dumps(body["embeds"])
    assert re.findall(r"@everyone|<@\d|<@&", text) == []
    assert body["embeds"][0]["description"].count("```") == 2


def test_an_address_cannot_end_its_link_early():
    body = discord_form.full(message(links={"source": "https://x/a)b](c) d"}))
    assert "[In the engine](https://x/a%29b%5D%28c%29%20d)" in json.dumps(body)


def test_what_is_only_made_of_unseen_signs_leaves_no_empty_field():
    within_limits(discord_form.full(message(environment="\u200b\u2060", evidence=(("\u200b", "x"),))))


def test_a_later_message_leaves_the_place_of_the_first():
    [receipt], requests = send([posted("2002")], replace(sample("again"), thread=ROOT))
    assert receipt.handle == ROOT
    assert [method for method, _, _ in requests] == ["POST"]


@pytest.mark.parametrize("trouble", [posted(ROOT), Answer(500), GONE, Answer(429), Answer(drop=True)])
def test_at_the_end_the_first_message_is_changed_whatever_comes_of_that(trouble):
    said = replace(sample("resolved"), thread=ROOT)
    [receipt], requests = send([posted("2002"), trouble], said, query="?thread_id=7")
    assert receipt.verdict is Verdict.DELIVERED
    assert [(method, path) for method, path, _ in requests] == [
        ("POST", "/hook?thread_id=7&wait=true"),
        ("PATCH", f"/hook/messages/{ROOT}?thread_id=7"),
    ]
    [embed] = requests[1][2]["embeds"]
    assert embed["title"] == "[critical] resolved: charge-card: CardDeclined in step charge"
    assert embed["color"] == 0x2A8A4A


def test_a_message_that_was_not_heard_changes_nothing():
    [receipt], requests = send([Answer(503)], replace(sample("resolved"), thread=ROOT))
    assert (receipt.verdict, len(requests)) == (Verdict.UNREACHABLE, 1)


def test_a_storm_is_one_message_that_changes():
    storm = sample("storm")
    receipts, requests = send([posted(ROOT), posted(ROOT)], storm, replace(storm, thread=ROOT))
    assert [(method, path) for method, path, _ in requests] == [
        ("POST", "/hook?wait=true"),
        ("PATCH", f"/hook/messages/{ROOT}"),
    ]
    assert [receipt.handle for receipt in receipts] == [ROOT, ROOT]


def test_a_storm_whose_message_is_gone_is_posted_anew():
    [receipt], requests = send([GONE, posted("2002")], replace(sample("storm"), thread=ROOT))
    assert (receipt.delivered, receipt.handle) == (True, "2002")
    assert [method for method, _, _ in requests] == ["PATCH", "POST"]


def test_a_webhook_that_is_gone_is_not_asked_twice():
    answer = Answer(404, body=b'{"message": "Unknown Webhook", "code": 10015}')
    [receipt], requests = send([answer], replace(sample("storm"), thread=ROOT))
    assert (receipt.verdict, receipt.code, len(requests)) == (Verdict.REFUSED, 404, 1)


def test_a_digest_is_a_message_of_its_own():
    [receipt], requests = send([posted("2002")], replace(sample("digest"), thread=ROOT, ends=True))
    assert (receipt.handle, len(requests)) == ("2002", 1)


def test_a_change_to_the_plain_form_leaves_nothing_of_the_full_one():
    _, [(_, _, body)] = send([posted(ROOT)], replace(sample("storm"), thread=ROOT, plain=True))
    assert body["embeds"] == []


@pytest.mark.parametrize("handle", ["C1:100.1", "1/../2", "", "1" * 30, "٣"])
def test_a_handle_of_another_kind_of_channel_is_none(handle):
    [receipt], requests = send([posted("2002")], replace(sample("resolved"), thread=handle))
    assert (receipt.handle, len(requests)) == ("2002", 1)


@pytest.mark.parametrize(
    ("header", "body", "seconds"),
    [
        ("65", b'{"retry_after": 64.57, "global": false}', 64.57),
        ("65", b"error code: 1015", 65),
        ("65", b'{"retry_after": "soon"}', 65),
        ("65", b'{"retry_after": NaN}', 65),
        ("65", b'{"retry_after": -1}', 65),
        ("65", b'{"retry_after": true}', 65),
        ("64.57", b'{"retry_after": 1e12}', 86_400),
        ("64.57", b"[]", None),
    ],
)
def test_how_long_to_wait_is_heard_from_the_body_first(header, body, seconds):
    [receipt], _ = send([Answer(429, {"Retry-After": header}, body)], message())
    assert (receipt.verdict, receipt.retry_after) == (Verdict.UNREACHABLE, seconds)


def test_three_runs_are_linked():
    body = discord_form.full(message(runs=PART.runs * 5))
    assert json.dumps(body).count("[order-2000 (failed)") == 3


def test_the_name_of_a_run_cannot_end_the_text_of_its_link():
    runs = (replace(PART.runs[0], run_id="a] [b](http://evil.example"),)
    [field] = [each for each in discord_form.full(message(runs=runs))["embeds"][0]["fields"] if each["name"] == "Runs"]
    assert re.findall(r"(?<!\\)[\[\]]", field["value"]) == ["[", "]"]


def test_the_hours_are_a_picture_in_the_embed():
    with HttpSink([posted("1")]) as sink:
        asyncio.run(_sent({"type": "discord", "url": sink.url}, [sample("first")]))
        [request] = sink.requests
    assert request.parts["files[0]"].startswith(b"\x89PNG")
    [attachment] = request.json["attachments"]
    assert attachment["filename"] == "failures-per-hour.png"
    assert "1, 0, 0, 4, 2, 37" in attachment["description"]
    assert request.json["embeds"][0]["image"] == {"url": "attachment://failures-per-hour.png"}


def test_without_failures_there_is_no_picture():
    _, [(_, _, body)] = send([posted("1")], replace(sample("first"), hours=(0,) * 24))
    assert "attachments" not in body
    assert "image" not in body["embeds"][0]
