"""``tocsin render``: what would a channel send for an example message? Nothing is sent."""

import argparse

from alerting.cli.configuration import with_channel
from alerting.cli.main import BAD, FINE, WRONG_USAGE, complain
from alerting.configuration import Invalid
from alerting.settings import SettingsError
from notifiers.sample import REASONS, sample
from notifiers.templated import preview_of


def render(asked: argparse.Namespace) -> int:
    if asked.reason not in REASONS:
        return complain(f"{asked.reason!r} is no reason; there are {', '.join(REASONS)}", WRONG_USAGE)
    try:
        channel = with_channel(asked.channel, asked.config).channels[asked.channel]
    except (SettingsError, Invalid) as error:
        return complain(str(error), BAD)
    except LookupError as error:
        return complain(str(error.args[0]), WRONG_USAGE)
    print(preview_of(channel, sample(asked.reason, asked.channel)))
    return FINE
