"""Can programs rely on the webhook's body, its signatures and its headers? Against a real server."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from notifiers.context import ChannelContext
from notifiers.egress import Egress
from notifiers.registry import build, parse_channel
from notifiers.sample import REASONS, sample
from support.golden import is_as_before
from support.samples import message
from support.sinks import Answer, HttpSink

NEW, OLD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "an older one"


def send(sink, said, **more):
    async def go():
        config = {"type": "webhook", "url": sink.url, **more}
        channel = build("hook", parse_channel(config), ChannelContext(Egress(None), timeout=2.0))
        receipt = await channel.send(said, "url")
        await channel.aclose()
        return receipt

    return asyncio.run(go())


def sent(said, **more):
    with HttpSink() as sink:
        assert send(sink, said, **more).delivered
        [request] = sink.requests
    return request


@pytest.mark.parametrize("form", ["tocsin", "alertmanager"])
@pytest.mark.parametrize("reason", REASONS)
def test_the_body_of_every_reason_is_as_before(form, reason):
    folder = {"tocsin": "webhook", "alertmanager": "alertmanager"}[form]
    body = sent(sample(reason), format=form).json
    is_as_before(f"{folder}/{reason}.json", json.dumps(body, indent=2, ensure_ascii=False))


def test_the_body_says_how_things_stand_around_it():
    said = sent(sample("new_members")).json
    assert (said["conversation"], said["others"], sum(said["hours"])) == ("payments", 2, 12)
    assert said["alerts"][0]["previous_version"] == "1.4.1"


@pytest.mark.parametrize("secrets", [NEW, [NEW], [NEW, OLD]])
def test_it_is_signed_with_every_secret(secrets):
    request = sent(message(), secret=secrets)
    headers = {name.lower(): value for name, value in request.headers.items()}
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    given = headers["webhook-signature"].split(" ")
    known = [secrets] if isinstance(secrets, str) else secrets
    keys = [each if each.startswith("whsec_") else f"whsec_{_base64(each)}" for each in known]
    assert given == [Webhook(key).sign("n1", at, request.body.decode()) for key in keys]


def _base64(text):
    import base64

    return base64.b64encode(text.encode()).decode()


def test_without_a_secret_there_is_no_signature():
    assert "webhook-signature" not in {name.lower() for name in sent(message()).headers}


def test_own_headers_are_sent_and_never_told():
    with HttpSink([Answer(403, body=b"who is hunter2hunter2, a?")]) as sink:
        receipt = send(sink, message(), headers={"Authorization": "Bearer hunter2hunter2", "X-Team": "a"})
        assert sink.requests[0].headers["Authorization"] == "Bearer hunter2hunter2"
    assert receipt.detail == "HTTP 403: who is …, a?"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"headers": {"Content-Type": "s3cret"}}, "sets itself"),
        ({"headers": {"Webhook-Id": "s3cret"}}, "sets itself"),
        ({"headers": {"HOST": "s3cret"}}, "sets itself"),
        ({"headers": {"X": "s3cret\r\nY: z"}}, "one line"),
        ({"headers": {"X": "s3creté"}}, "one line"),
        ({"headers": {"X Y": "s3cret"}}, "not the name of a header"),
        ({"secret": ["s3cret", "s3cret2", "s3cret3"]}, "too many"),
        ({"secret": ["s3cret", ""]}, "is empty"),
        ({"format": "xml"}, "alertmanager"),
    ],
)
def test_what_would_break_it_is_refused_without_the_secret(more, said):
    with pytest.raises(ValueError, match=said) as refused:
        parse_channel({"type": "webhook", "url": "https://x.example", **more})
    assert "s3cret" not in str(refused.value)


def test_alertmanager_s_form_tells_what_is_over_apart_and_how_many_are_left_out():
    digest = sample("digest")
    body = sent(digest, format="alertmanager").json
    assert (body["status"], [alert["status"] for alert in body["alerts"]]) == (
        "firing",
        ["firing", "resolved", "firing"],
    )
    assert len({alert["fingerprint"] for alert in body["alerts"]}) == 3
    assert body["commonLabels"] == {"alertname": "payments-failing", "engine": "dbos", "environment": "production",
                                    "version": "1.4.2", "team": "payments"}  # fmt: skip
    many = replace(digest, alerts=digest.alerts * 50)
    assert sent(many, format="alertmanager").json["truncatedAlerts"] == 50


def test_an_alert_has_one_fingerprint_from_its_beginning_to_its_end():
    bodies = [sent(sample(reason), format="alertmanager").json for reason in ("first", "resolved")]
    assert bodies[0]["alerts"][0]["fingerprint"] == bodies[1]["alerts"][0]["fingerprint"]
    assert [body["status"] for body in bodies] == ["firing", "resolved"]
