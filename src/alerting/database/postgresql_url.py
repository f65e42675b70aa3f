"""Which PostgreSQL is meant? ``TOCSIN_DATABASE_URL``, as ``psql`` and everybody else writes it."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from alerting.database.port import BadUrl

_SCHEMES = ("postgresql", "postgres")
_EXAMPLE = "postgresql://user:password@host:5432/tocsin"


@dataclass(slots=True, frozen=True)
class Address:
    """``arguments`` are asyncpg's own; ``pooled``: a pgbouncer in transaction mode stands between."""

    host: str
    port: int
    database: str
    user: str | None
    password: str | None = field(repr=False)
    arguments: dict[str, Any]
    pooled: bool

    @property
    def shown(self) -> str:
        """For people and logs: without the password."""
        return f"{self.user or ''}{'@' if self.user else ''}{self.host}:{self.port}/{self.database}"

    @property
    def connecting(self) -> dict[str, Any]:
        """Arguments for ``asyncpg.connect``."""
        named = {"user": self.user, "password": self.password, "database": self.database}
        return {"host": self.host, "port": self.port, **{k: v for k, v in named.items() if v}, **self.arguments}

    def url(self) -> URL:
        return URL.create("postgresql+asyncpg", self.user, self.password, self.host, self.port, self.database)


def parse_url(text: str) -> Address:
    """``postgresql://[user[:password]@]host[:port]/database[?sslmode=…&pgbouncer=1]``. Raises BadUrl."""
    url = _parsed(text)
    query = {name: value if isinstance(value, str) else value[-1] for name, value in url.query.items()}
    host = query.pop("host", "") or url.host or "127.0.0.1"
    if not url.database:
        raise BadUrl(f"TOCSIN_DATABASE_URL names no database; write it as {_EXAMPLE}")
    arguments: dict[str, Any] = {}
    if sslmode := query.pop("sslmode", ""):
        arguments["ssl"] = sslmode
    pooled = query.pop("pgbouncer", "") not in {"", "0", "false", "no"}
    if query:
        raise BadUrl(
            f"TOCSIN_DATABASE_URL has the unknown parameter {sorted(query)[0]!r}; known are host, sslmode and pgbouncer"
        )
    return Address(host, url.port or 5432, url.database, url.username, url.password, arguments, pooled)


def _parsed(text: str) -> URL:
    if text.split(":", 1)[0] not in _SCHEMES:
        raise BadUrl(
            f"TOCSIN_DATABASE_URL must begin with postgresql://, such as {_EXAMPLE}; unset it to use the data folder"
        )
    try:
        return make_url(text)
    except (ArgumentError, ValueError):
        raise BadUrl(f"TOCSIN_DATABASE_URL cannot be read; write it as {_EXAMPLE}") from None
