"""Does ``tocsin render`` show what would be sent, for every kind of channel, and send nothing?"""

import json

import pytest

from alerting.cli.main import main
from notifiers.sample import sample
from support.sinks import HttpSink

FILE = """
channels:
  hook: {{type: webhook, url: "{url}"}}
  manager: {{type: webhook, url: "{url}", format: alertmanager}}
  pager: {{type: pagerduty, routing_key: "0123456789abcdef0123456789abcdef", url: "{url}"}}
  chat: {{type: slack, url: "{url}"}}
  team: {{type: discord, url: "{url}"}}
  else: {{type: apprise, url: "json://127.0.0.1:9/x"}}
  mail: {{type: email, smtp: "smtp://127.0.0.1:9", from: "a@example.com", to: "b@example.com"}}
  own: {{type: webhook, url: "{url}", template: {{title: "{{{{ alert.workflow }}}} it is"}}}}
"""
CHANNELS = ["hook", "manager", "pager", "chat", "team", "else", "mail", "own"]


@pytest.fixture
def render(tmp_path, capsys):
    with HttpSink() as sink:
        path = tmp_path / "tocsin.yaml"
        path.write_text(FILE.format(url=sink.url))

        def run(*arguments):
            code = main(["render", *arguments, "--config", str(path)])
            return code, *capsys.readouterr()

        yield run
        assert sink.requests == []


@pytest.mark.parametrize("channel", CHANNELS)
def test_every_kind_of_channel_can_be_looked_at(render, channel):
    code, out, _ = render("--channel", channel, "--reason", "resolved")
    assert code == 0
    assert out.strip()


def test_structured_channels_show_their_body(render):
    hook, manager, pager = (json.loads(render("--channel", name)[1]) for name in ("hook", "manager", "pager"))
    assert (hook["version"], hook["title"]) == (1, sample().title)
    assert (manager["version"], manager["receiver"]) == ("4", "manager")
    assert (pager["event_action"], pager["routing_key"]) == ("trigger", "…")


def test_a_template_shows_its_own_words(render):
    assert json.loads(render("--channel", "own")[1])["title"] == "charge-card it is"


def test_what_there_is_not_is_told_with_what_there_is(render):
    code, _, err = render("--channel", "hok")
    assert (code, "there are hook, manager" in err) == (2, True)
    code, _, err = render("--channel", "hook", "--reason", "frist")
    assert (code, "there are first, again" in err) == (2, True)
