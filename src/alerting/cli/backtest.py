"""``tocsin backtest``: what would these rules have sent? Straight from the store, whether the service runs or not."""

import argparse
import json
import os
import sys
from pathlib import Path

from alerting.backend import UNUSABLE, Backend, has_data, open_backend
from alerting.cli.main import BAD, FINE, WRONG_USAGE, complain
from alerting.configuration import Configuration, Invalid
from alerting.moments import moment
from alerting.rehearsal.replay import Replay, not_replayed
from alerting.rehearsal.tally import Backtest, as_json, as_text, was, would
from alerting.settings import Settings, from_environment
from alerting.storage.progress import active_configuration
from alerting.wiring import configured

_WIDTH = 30


def backtest(asked: argparse.Namespace) -> int:
    try:
        settings = from_environment(os.environ, data=asked.data, config=asked.config, listens=False)
        if not has_data(settings):
            return complain(f"there are no data in {settings.data}; give their folder with --data", BAD)
        backend = open_backend(settings, "command")
    except UNUSABLE as error:
        return complain(str(error), WRONG_USAGE)
    try:
        found = _played(asked, settings, backend)
    except Invalid as invalid:
        return complain(f"the configuration is not right\n{invalid}", BAD)
    except (UnicodeDecodeError, ValueError) as error:
        return complain(str(error), WRONG_USAGE)
    except UNUSABLE as error:
        return complain(str(error), WRONG_USAGE)
    finally:
        backend.close()
    print(json.dumps(as_json(found), indent=1) if asked.json else "\n".join(as_text(found)))
    return FINE


def _played(asked: argparse.Namespace, settings: Settings, backend: Backend) -> Backtest:
    now = backend.clock.now()
    until = min(now, moment("until", asked.until, now)) if asked.until else now
    since = moment("since", asked.since, now)
    if since >= until:
        raise ValueError("--since must be before --until")
    name, configuration = _configuration(asked, settings, backend)
    ruleset = configuration.ruleset()
    replayed = Replay(ruleset, since, until).run(backend.store, _show if sys.stderr.isatty() else lambda _: None)
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
    sides = would(replayed), was(backend.store, since, until)
    return Backtest(since, until, name, replayed, *sides, not_replayed(ruleset))


def _configuration(asked: argparse.Namespace, settings: Settings, backend: Backend) -> tuple[str, Configuration]:
    """That of the file, if one is given; else the one in force."""
    if asked.config:
        text = Path(asked.config).read_text(encoding="utf-8")
        return asked.config, configured(text, settings.notify, asked.config)
    with backend.store.read() as connection:
        return "the rules in force", configured(active_configuration(connection), settings.notify)


def _show(part: float) -> None:
    done = round(max(0.0, min(1.0, part)) * _WIDTH)
    sys.stderr.write(f"\r[{'#' * done}{'.' * (_WIDTH - done)}] {part:4.0%}")
    sys.stderr.flush()
