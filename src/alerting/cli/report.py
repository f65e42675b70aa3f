"""``tocsin report``: straight from the store, whether the service runs or not."""

import argparse
import os
from pathlib import Path

from alerting.backend import UNUSABLE, has_data, open_backend
from alerting.cli.main import BAD, FINE, WRONG_USAGE, complain
from alerting.reporting.asking import Wanted, render
from alerting.settings import from_environment

_FORMS = {".html": "html", ".csv": "csv", ".json": "json"}


def report(asked: argparse.Namespace) -> int:
    out = Path(asked.out)
    form = _FORMS.get(out.suffix)
    if form is None:
        return complain(f"{out} must end in .html, .csv or .json", WRONG_USAGE)
    wanted = Wanted(since=asked.since, until=asked.until, workflow=asked.workflow, tz=asked.tz)
    try:
        settings = from_environment(os.environ, data=asked.data, listens=False)
        if not has_data(settings):
            return complain(f"there are no data in {settings.data}; give their folder with --data", BAD)
        backend = open_backend(settings, "command")
    except UNUSABLE as error:
        return complain(str(error), WRONG_USAGE)
    try:
        text = render(backend.store, wanted, form, backend.clock.now())
    except ValueError as error:
        return complain(str(error), WRONG_USAGE)
    finally:
        backend.close()
    out.write_text(text)
    print(f"wrote {out}")
    return FINE
