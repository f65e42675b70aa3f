"""How is a name compared with ``*``, ``?`` and ``[…]``? Each database has a way of its own; case counts on both."""

import re
from typing import Any

from sqlalchemy import Column, ColumnElement

from alerting.database.port import Connection, is_postgresql

_SIGNS = re.compile(r"(\*|\?|\[[^\]]+\])")
_AS_REGEX = {"*": ".*", "?": "."}


def like_glob(connection: Connection, column: Column[Any], glob: str) -> ColumnElement[bool]:
    if not _SIGNS.search(glob):
        return column == glob
    if is_postgresql(connection):
        return column.regexp_match(as_regex(glob))
    return column.op("GLOB", is_comparison=True)(glob)


def as_regex(glob: str) -> str:
    """For the whole of a name, in PostgreSQL's syntax; what is no sign of a glob stands for itself."""
    pieces = _SIGNS.split(glob)
    told = [_AS_REGEX.get(piece, piece) if place % 2 else _plain(piece) for place, piece in enumerate(pieces)]
    return f"^{''.join(told)}$"


def _plain(text: str) -> str:
    return re.sub(r"([^\w\s])", r"\\\1", text)
