"""``tocsin report``: straight from the store, whether the service runs or not."""

import argparse
import os
from pathlib import Path

from alerting.backend import UNUSABLE, Backend, has_data, open_backend
from alerting.cli.main import BAD, FINE, WRONG_USAGE, complain
from alerting.reporting.answering import report_of
from alerting.reporting.asking import Wanted, formed
from alerting.settings import from_environment

_FORMS = {".html": "html", ".csv": "csv", ".json": "json", ".parquet": "parquet"}


def report(asked: argparse.Namespace) -> int:
    out = Path(asked.out)
    form = _FORMS.get(out.suffix)
    if form is None:
        return complain(f"{out} must end in .html, .csv, .json or .parquet", WRONG_USAGE)
    wanted = Wanted(
        since=asked.since, until=asked.until, workflow=asked.workflow, tz=asked.tz,
        environment=asked.environment, version=asked.version, severity=asked.severity,
    )  # fmt: skip
    try:
        settings = from_environment(os.environ, data=asked.data, listens=False)
        if not has_data(settings):
            return complain(f"there are no data in {settings.data}; give their folder with --data", BAD)
        backend = open_backend(settings, "command")
    except UNUSABLE as error:
        return complain(str(error), WRONG_USAGE)
    try:
        written = _written(backend, wanted, form)
    except ValueError as error:
        return complain(str(error), WRONG_USAGE)
    finally:
        backend.close()
    out.write_bytes(written)
    print(f"wrote {out}")
    return FINE


def _written(backend: Backend, wanted: Wanted, form: str) -> bytes:
    said = formed(report_of(backend.store, wanted, backend.clock.now()), form)
    return said if isinstance(said, bytes) else said.encode()
