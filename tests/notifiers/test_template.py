"""Is a channel's own wording used, explained when it is wrong, and harmless whatever it says? To a real server."""

import asyncio
from dataclasses import replace

import pytest

from notifiers.context import ChannelContext
from notifiers.egress import Egress
from notifiers.registry import build, parse_channel
from notifiers.sample import REASONS, sample
from notifiers.template import BadTemplate, render, try_out
from notifiers.templated import preview_of
from rules.vocabulary import Reason
from support.samples import message
from support.sinks import HttpSink


def channel(url, **template):
    config = {"type": "webhook", "url": url, "template": template}
    return build("hook", parse_channel(config), ChannelContext(Egress(None), timeout=2.0))


def sent(said, **template):
    async def go(url):
        built = channel(url, **template)
        receipt = await built.send(said, built.targets[0])
        await built.aclose()
        return receipt

    with HttpSink() as sink:
        receipt = asyncio.run(go(sink.url))
        assert receipt.delivered
        return sink.requests[0].json, receipt


def test_there_is_an_example_of_every_reason():
    assert set(REASONS) == set(Reason)
    assert {sample(reason).reason for reason in REASONS} == set(REASONS)


def test_title_and_text_are_those_of_the_template():
    body, _ = sent(message(), title="{{ alert.workflow|upper }}!", text="{{ reason }}: {{ links.run }}\n{{ title }}")
    assert body["title"] == "CHARGE-CARD!"
    assert body["text"] == "first: http://t/runs/r1\n[critical] charge-card: CardDeclined in step charge"
    assert body["alerts"][0]["error"]["type"] == "CardDeclined"


def test_what_it_leaves_out_is_said_as_ever():
    said = message()
    body, _ = sent(said, text="short")
    assert (body["title"], body["text"]) == (said.title, "short")


def test_several_alerts_and_their_runs():
    runs = "{% for r in a.runs %} {{ r.run_id }}{% endfor %}"
    text = f"{{% for a in alerts %}}{{{{ loop.index }}}} {{{{ a.workflow }}}}{runs};{{% endfor %}}"
    assert render(text, sample("digest"), 1_000) == "1 charge-card order-2000;2 refund-card;3 send-invoice;"


def test_a_message_about_no_alert_is_sent_as_ever():
    body, receipt = sent(sample("test"), title="{{ alert.workflow }}")
    assert body["title"] == "Tocsin: this is a test"
    assert "template" not in receipt.detail


def test_text_of_an_error_is_cleaned_in_a_template_as_elsewhere():
    nasty = "\x1b[31m\u202e\ud800x" + "y" * 200_000
    body, _ = sent(message(error_message=nasty), title="{{ alert.error_message }}", text="{{ alert.error_message }}")
    assert not {"\x1b", "\u202e", "\ud800"} & set(body["title"] + body["text"])
    assert 250 < len(body["title"]) <= 300
    assert 9_000 < len(body["text"]) <= 10_000


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ({"text": "a\n{{ alert.workflw }}"}, "line 2: .*no attribute 'workflw'"),
        ({"text": "a\n\n{{ allert.workflow }}"}, "line 3: there is no allert; there are alert, alerts"),
        ({"title": "{% if %}"}, "line 1: Expected an expression"),
        ({"title": "{{ title|centre }}"}, "No filter named 'centre'"),
        ({"title": "{{ alerts[1].workflow }}"}, "tried with a message of reason first"),
        ({"title": "{{ 1 / 0 }}"}, "line 1: ZeroDivisionError"),
        ({}, "says nothing"),
        ({"text": "x" * 10_001}, "longer than 10,000"),
        ({"titel": "x"}, "titel"),
    ],
)
def test_a_mistake_is_told_when_it_is_configured(template, said):
    with pytest.raises(ValueError, match=said):
        channel("https://x.example", **template)


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a' * 100000000 }}",
        "{{ '%1000000000d' % 3 }}",
        "{{ 2 ** 9999999 }}",
        "{{ 'a'.format(1) }}",
        "{{ title|center(1000000000) }}",
        "{{ alert.__class__ }}",
        "{{ alert['__class__'] }}",
        "{{ title.__init__ }}",
        "{{ alerts|map(attribute='__class__')|join }}",
        "{{ alerts.append(1) }}",
        "{{ lipsum() }}",
        "{{ cycler(1) }}",
        "{% set x = title %}",
        "{% with x = title %}{{ x }}{% endwith %}",
        "{% macro x() %}{% endmacro %}",
        "{% include 'x' %}",
        "{% import 'x' as x %}",
        "{% extends 'x' %}",
        "{% filter upper %}x{% endfilter %}",
        "{% for a in alerts recursive %}{% endfor %}",
        "{% for a in hours %}{% for b in hours %}{% for c in hours %}{% endfor %}{% endfor %}{% endfor %}",
        "{% for a in hours %}{% for b in hours %}" + "{{ text }}" * 60 + "{% endfor %}{% endfor %}",
    ],
)
def test_what_could_cost_much_or_reach_further_is_refused(source):
    with pytest.raises(BadTemplate):
        try_out(source)


@pytest.mark.parametrize(
    ("source", "most"),
    [
        ("{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}", 1_000),
        ("{% for a in text %}x{% endfor %}", 100),
        ("{{ text|join(text)|join(text)|join(text)|join(text) }}", 10_001),
        ("{{ text|tojson" + "|tojson" * 50 + " }}", 10_000),
        ("{% for a in range(100) %}{{ text|urlencode|urlencode }}{% endfor %}", 10_001),
    ],
)
def test_what_it_makes_is_bounded(source, most):
    assert 0 < len(render(source, sample("storm"), 10_000)) <= most


def test_one_that_fails_on_a_real_message_falls_back_and_says_so():
    template = {"title": "{{ 6 // alert.count }}"}
    body, receipt = sent(message(count=0), **template)
    assert body["title"] == message(count=0).title
    assert body["text"].startswith(
        "This is the built-in form: the template of this channel failed: line 1: ZeroDivision"
    )
    assert "the template of this channel failed: line 1" in receipt.detail
    assert sent(message(count=3), **template)[0]["title"] == "2"


def test_a_form_that_was_refused_is_sent_once_more_without_the_template():
    assert sent(replace(message(), plain=True), title="x")[0]["title"] == message().title


def test_the_wrapper_is_the_channel_in_all_else():
    key = {"type": "pagerduty", "routing_key": "k" * 32}
    context = ChannelContext(Egress(None))
    plain = build("p", parse_channel(key), context)
    own = build("p", parse_channel({**key, "template": {"title": "mine"}}), context)
    assert (own.name, own.kind, own.targets, own.mirrors) == (plain.name, plain.kind, plain.targets, True)
    assert '"summary": "mine"' in preview_of(own, sample())
