"""How do the parts fit together? From settings and a configuration's text to what is in force."""

import contextlib
import logging
from collections.abc import Mapping

from alerting.active import Activate, Active, Agreed
from alerting.configuration import Configuration, Invalid, Ping, load, with_notify
from alerting.configuration.mapping import compile_map
from alerting.configuration.model import Webhook
from alerting.configuration.variables import Missing, resolve
from alerting.scrub import Scrubber
from alerting.settings import Settings, SettingsError
from alerting.tracking.patience import Patience
from notifiers.channel import Channel
from notifiers.context import ChannelContext
from notifiers.egress import Egress
from notifiers.registry import build, parse_channel

log = logging.getLogger(__name__)


def activator(settings: Settings, environ: Mapping[str, str]) -> Activate:
    """Makes a text active. One that this version cannot read leaves the rules of no file at all, and says so."""
    context = ChannelContext(Egress(settings.allow_private))

    def activate(text: str) -> Active:
        configuration = with_notify(_loaded(text), _urls(settings.notify))
        return Active(
            configuration,
            configuration.ruleset(),
            Scrubber(configuration.scrub.keys, configuration.scrub.patterns),
            _channels(configuration, context, environ),
            {name: str(each["fallback"]) for name, each in configuration.channels.items() if each.get("fallback")},
            {name: _agreed(name, told, environ) for name, told in configuration.webhooks.items()},
            Patience(configuration.lost_after),
            _pings(configuration, environ),
        )

    return activate


def configured(text: str, notify: str, file: str = "tocsin.yaml") -> Configuration:
    """What ``text`` and TOCSIN_NOTIFY come to. Raises Invalid."""
    return with_notify(load(text, file), _urls(notify))


def check_notify(notify: str) -> None:
    """Raises SettingsError, without the URL: a service that starts must not be one that tells nobody."""
    from notifiers.apprise_channel import check_url

    for number, url in enumerate(_urls(notify), 1):
        try:
            check_url(url)
        except ValueError as error:
            raise SettingsError(f"TOCSIN_NOTIFY, URL {number}: {error}") from None


def _urls(notify: str) -> list[str]:
    if not notify:
        return []
    from notifiers.apprise_channel import parse_urls

    return parse_urls(notify)


def _loaded(text: str) -> Configuration:
    try:
        return load(text)
    except Invalid as invalid:
        log.error("the configuration that was active cannot be read any more:\n%s", invalid)
        return load("")


def _agreed(name: str, told: Webhook, environ: Mapping[str, str]) -> Agreed:
    secret: str | None = None
    try:
        secret = resolve(told.secret, environ)
    except ValueError as error:
        log.error("webhooks of %s are refused: %s", name, error)
    return Agreed(secret, told.signature, compile_map(told.map) if told.map is not None else None)


def _channels(configuration: Configuration, context: ChannelContext, environ: Mapping[str, str]) -> dict[str, Channel]:
    """A channel that cannot be built is left out: what is owed to it becomes a dead letter that says so."""
    built = {name: _channel(configuration, name, context, environ) for name in configuration.channels}
    return {name: channel for name, channel in built.items() if channel is not None}


def _channel(
    configuration: Configuration, name: str, context: ChannelContext, environ: Mapping[str, str]
) -> Channel | None:
    try:
        return build(name, parse_channel(resolve(configuration.channels[name], environ)), context)
    except ValueError as error:
        log.error("channel %s cannot be used: %s", name, error)
        return None


def channel_apart(
    configuration: Configuration, name: str, settings: Settings, environ: Mapping[str, str], timeout: float
) -> Channel | None:
    """One for whoever tells from a loop of its own: connections belong to the loop that opened them. None, and a line
    in the log, where it cannot be made."""
    if name not in configuration.channels:
        log.error("there is no channel %s any more", name)
        return None
    return _channel(configuration, name, ChannelContext(Egress(settings.allow_private), timeout), environ)


def _pings(configuration: Configuration, environ: Mapping[str, str]) -> dict[str, Ping]:
    """By key. A receiver starts only with every secret there is; a worker takes no pings and needs none of them."""
    found: dict[str, Ping] = {}
    for ping in configuration.pings:
        with contextlib.suppress(Missing):
            found[resolve(ping.key, environ)] = ping
    return found
