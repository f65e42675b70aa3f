"""``tocsin check``, ``tocsin schema`` and ``tocsin send-test``."""

import argparse
import asyncio
import json
import os
from pathlib import Path

from alerting.active import Active
from alerting.cli.main import BAD, FINE, WRONG_USAGE, complain
from alerting.clock import SystemClock
from alerting.configuration import Invalid
from alerting.configuration import check as problems_of
from alerting.settings import SettingsError, from_environment
from alerting.wiring import activator
from notifiers.message import Receipt
from notifiers.sample import probe
from rules.instants import format_instant


def check(asked: argparse.Namespace) -> int:
    path = Path(asked.file)
    try:
        text = path.read_text()
    except OSError as error:
        return complain(f"{path} cannot be read: {error.strerror}; name another file", WRONG_USAGE)
    except UnicodeDecodeError:
        return complain(f"{path} is not UTF-8 text", BAD)
    problems = problems_of(text, str(path), os.environ)
    for problem in problems:
        print(problem)
    if not problems:
        print(f"{path} is right.")
    return BAD if problems else FINE


def schema(_asked: argparse.Namespace) -> int:
    from alerting.configuration.schema import schema

    print(json.dumps(schema(), indent=2))
    return FINE


def with_channel(channel: str, config: str | None) -> Active:
    """What is configured. Raises SettingsError, Invalid, and LookupError where there is no such channel."""
    from alerting.server import configuration_text

    settings = from_environment(os.environ, config=config)
    active = activator(settings, os.environ)(configuration_text(settings, os.environ))
    if channel not in active.channels:
        known = ", ".join(active.channels) or "none; write tocsin.yaml or set TOCSIN_NOTIFY"
        raise LookupError(f"there is no channel {channel!r}; there are {known}")
    return active


def send_test(asked: argparse.Namespace) -> int:
    try:
        active = with_channel(asked.channel, asked.config)
    except (SettingsError, Invalid) as error:
        return complain(str(error), BAD)
    except LookupError as error:
        return complain(str(error.args[0]), WRONG_USAGE)
    receipts = asyncio.run(_send(active, asked.channel))
    for target, receipt in receipts:
        print(f"{asked.channel} ({target}): {receipt.verdict} {receipt.detail}")
    return FINE if all(receipt.delivered for _, receipt in receipts) else BAD


async def _send(active: Active, name: str) -> list[tuple[str, Receipt]]:
    channel = active.channels[name]
    now = format_instant(SystemClock().now())
    message = probe(f"test-{now}", name, now)
    receipts = [(target, await channel.send(message, target)) for target in channel.targets]
    await channel.aclose()
    return receipts
