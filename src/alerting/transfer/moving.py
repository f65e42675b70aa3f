"""The three ways of moving: into PostgreSQL, into a file, and out of it."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from alerting.database.port import Store
from alerting.database.postgresql import open_postgresql
from alerting.database.sqlite import FILE_NAME, open_sqlite, open_sqlite_file
from alerting.inbox.segments import FOLDER
from alerting.transfer.copying import Copied, Progressed, begin, check_signed, compare, copy, end, sign
from alerting.transfer.parts import Source
from alerting.transfer.sources import BackupSource, is_backup, reading
from alerting.transfer.targets import BackupTarget, EmbeddedTarget, PostgresqlTarget, Target

_CONNECTIONS = 3


def migrate(data: Path, url: str, told: Progressed) -> list[Copied]:
    """From the folder ``data``, where nothing may be running, into the database. Goes on where it was broken off.
    Raises ValueError, Differs and what opening a store raises."""
    with closing(open_sqlite(data)) as store, closing(open_postgresql(url, _CONNECTIONS)) as database:
        target = PostgresqlTarget(database)
        with reading(store, data / FOLDER) as source:
            return _fill(source, target, str(data), told)


def backup(store: Store, data: Path, file: Path, told: Progressed) -> list[Copied]:
    """Into ``file``, which must not be there; nothing has to be stopped. It is there only when it is whole."""
    if file.exists():
        raise ValueError(f"{file} is there already; give another name")
    unfinished = file.with_name(f"{file.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    try:
        with closing(open_sqlite_file(unfinished)) as written, reading(store, data / FOLDER) as source:
            target = BackupTarget(written)
            account = _fill(source, target, "the installation", told)
            sign(target, account)
        _leave_one_file(unfinished)
        unfinished.replace(file)
    finally:
        for path in unfinished.parent.glob(f"{unfinished.name}*"):
            path.unlink()
    return account


def restore_embedded(file: Path, data: Path, told: Progressed) -> list[Copied]:
    """Into the folder ``data``, which must hold no installation. It holds one only when all of it is there."""
    if (data / FILE_NAME).exists():
        raise ValueError(f"{data} holds an installation already; give another folder with --data")
    unfinished = data.with_name(f"{data.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    with _opened(file) as source:
        with closing(open_sqlite(unfinished)) as store:
            target = EmbeddedTarget(store, unfinished / FOLDER)
            account = _fill(source, target, file.name, told)
        check_signed(source, account)
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in unfinished.iterdir():
        path.replace(data / path.name)
    unfinished.rmdir()
    return account


def restore_postgresql(file: Path, url: str, told: Progressed) -> list[Copied]:
    """Into an empty database. Goes on where it was broken off."""
    with _opened(file) as source, closing(open_postgresql(url, _CONNECTIONS)) as database:
        account = _fill(source, PostgresqlTarget(database), file.name, told)
        check_signed(source, account)
    return account


def _fill(source: Source, target: Target, origin: str, told: Progressed) -> list[Copied]:
    begin(target, origin)
    copy(source, target, told)
    with target.read_back() as arrived:
        account = compare(source, arrived)
    end(target)
    return account


@contextmanager
def _opened(file: Path) -> Iterator[Source]:
    """A copy of it is opened: to read an older backup is to bring it up to date."""
    if not file.exists():
        raise ValueError(f"there is no file {file}")
    if not is_backup(file):
        raise ValueError(f"{file} is not a backup that tocsin wrote")
    with TemporaryDirectory(dir=file.parent, prefix=f"{file.name}.") as folder:
        working = Path(folder) / file.name
        shutil.copyfile(file, working)
        with closing(open_sqlite_file(working)) as store, store.read() as connection:
            yield BackupSource(connection)


def _leave_one_file(path: Path) -> None:
    """Everything out of the log and into the file itself."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
