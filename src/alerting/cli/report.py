"""``tocsin report``: straight from the store, whether the service runs or not."""

import argparse
import os
from pathlib import Path

from alerting.cli.main import BAD, FINE, WRONG_USAGE, complain
from alerting.clock import parse_clock
from alerting.database.sqlite import FILE_NAME, open_sqlite
from alerting.reporting import Wanted, render
from alerting.settings import SettingsError, from_environment

_FORMS = {".html": "html", ".csv": "csv", ".json": "json"}


def report(asked: argparse.Namespace) -> int:
    out = Path(asked.out)
    form = _FORMS.get(out.suffix)
    if form is None:
        return complain(f"{out} must end in .html, .csv or .json", WRONG_USAGE)
    try:
        settings = from_environment(os.environ, data=asked.data)
    except SettingsError as error:
        return complain(str(error), WRONG_USAGE)
    if not (settings.data / FILE_NAME).exists():
        return complain(f"there are no data in {settings.data}; give their folder with --data", BAD)
    wanted = Wanted(since=asked.since, until=asked.until, workflow=asked.workflow, tz=asked.tz)
    store = open_sqlite(settings.data)
    try:
        text = render(store, wanted, form, parse_clock(settings.clock).now())
    except ValueError as error:
        return complain(str(error), WRONG_USAGE)
    finally:
        store.close()
    out.write_text(text)
    print(f"wrote {out}")
    return FINE
