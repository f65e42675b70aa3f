"""``tocsin migrate``, ``backup`` and ``restore``."""

import argparse
import os
import sys
from pathlib import Path

from alerting.backend import MOVED, UNUSABLE, has_data, open_backend, place_of
from alerting.cli.main import BAD, FINE, WRONG_USAGE, complain
from alerting.database.postgresql_url import parse_url
from alerting.locks import hold
from alerting.settings import from_environment
from alerting.transfer.copying import Copied, Differs
from alerting.transfer.moving import backup as write_backup
from alerting.transfer.moving import migrate as move
from alerting.transfer.moving import restore_embedded, restore_postgresql

_WIDTH = 30


def migrate(asked: argparse.Namespace) -> int:
    try:
        settings = from_environment({**os.environ, "TOCSIN_DATABASE_URL": ""}, data=asked.data, listens=False)
        where = parse_url(asked.to).shown
        if not has_data(settings):
            return complain(f"there are no data in {settings.data}; give their folder with --data", BAD)
        held = [hold(settings.data / f"{name}.lock", name) for name in ("receiver", "worker")]
        _account(move(settings.data, asked.to, _bar), f"moved to {where}")
        (settings.data / MOVED).write_text(f"{where}\n")
        for lock in held:
            os.close(lock)
    except Differs as differs:
        return complain(f"{differs}; what is in {where} must not be used", BAD)
    except (*UNUSABLE, ValueError) as error:
        return complain(str(error), WRONG_USAGE)
    print(f"Start every tocsin with TOCSIN_DATABASE_URL now; {settings.data} is kept as it was.")
    return FINE


def backup(asked: argparse.Namespace) -> int:
    file = Path(asked.file)
    try:
        settings = from_environment(os.environ, data=asked.data, listens=False)
        if not has_data(settings):
            return complain(f"there are no data in {settings.data}; give their folder with --data", BAD)
        backend = open_backend(settings, "command")
        try:
            _account(write_backup(backend.store, settings.data, file, _bar), f"written to {file}")
        finally:
            backend.close()
    except Differs as differs:
        return complain(f"{differs}; the backup was thrown away", BAD)
    except (*UNUSABLE, ValueError) as error:
        return complain(str(error), WRONG_USAGE)
    return FINE


def restore(asked: argparse.Namespace) -> int:
    file = Path(asked.file)
    try:
        settings = from_environment(os.environ, data=asked.data, listens=False)
        if settings.database_url:
            account = restore_postgresql(file, settings.database_url, _bar)
        else:
            account = restore_embedded(file, settings.data, _bar)
        _account(account, f"restored to {place_of(settings)}")
    except Differs as differs:
        return complain(f"{differs}; what was restored must not be used", BAD)
    except (*UNUSABLE, ValueError) as error:
        return complain(str(error), WRONG_USAGE)
    return FINE


def _bar(name: str, done: int, whole: int) -> None:
    """One line for each table; it grows where someone looks at it."""
    full = _WIDTH * done // whole if whole else _WIDTH
    line = f"{name:16} [{'#' * full}{'.' * (_WIDTH - full)}] {done:,} of {whole:,}"
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{line}" + ("\n" if done >= whole else ""))
    elif done >= whole:
        sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _account(account: list[Copied], what: str) -> None:
    """Counts and checksums, equal on both sides."""
    rows = sum(each.checksum.rows for each in account)
    for each in account:
        print(f"{each.name:16} {each.checksum.rows:>10,} rows  checksum {each.checksum.sum:016x}")
    print(f"{rows:,} rows {what}; counts and checksums are the same on both sides.")
