"""``tocsin demo``."""

import argparse
import os
from pathlib import Path

from alerting.cli.main import FINE, WRONG_USAGE, complain
from alerting.demo.show import Demo
from alerting.settings import DEFAULT_LISTEN, SettingsError


def demo(asked: argparse.Namespace) -> int:
    listen = asked.listen or os.environ.get("TOCSIN_LISTEN") or DEFAULT_LISTEN
    try:
        Demo(Path(asked.data), listen, asked.seconds).run(asked.once)
    except SettingsError as error:
        return complain(str(error), WRONG_USAGE)
    return FINE
