"""What does an error of PostgreSQL mean: try again later, or never this way?"""

import asyncio

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# Classes of SQLSTATE (PostgreSQL manual, appendix A) after which the same statement may succeed later: connection,
# transaction rolled back (deadlock, serialization), resources, operator intervention, system, time-outs of a session, a
# server that may only be read (for a while, as after a change of the primary).
_PASSING = ("08", "40", "53", "55", "57", "58", "25P", "25006")
INSUFFICIENT_PRIVILEGE = "42501"
_HINTS = {
    "28P01": "the password is not the right one",
    "28000": "there is no such user, or it may not connect from here",
    "3D000": "there is no such database; create it with createdb",
    "53300": "no connection is left: raise max_connections, run fewer processes, or put pgbouncer between",
}


def is_passing(error: BaseException) -> bool:
    """Whether the same may succeed later, with nothing changed by this attempt."""
    if isinstance(error, PoolTimeout | OSError | TimeoutError | asyncio.TimeoutError):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    cause = cause_of(error)
    if isinstance(cause, OSError | TimeoutError):
        return True
    if isinstance(cause, asyncpg.InterfaceError):
        return not isinstance(cause, asyncpg.DataError)
    return sqlstate(error).startswith(_PASSING)


def sqlstate(error: BaseException) -> str:
    return getattr(cause_of(error), "sqlstate", None) or ""


def explained(error: BaseException) -> str:
    """The server's own words without statement and parameters, with what usually helps."""
    if isinstance(error, PoolTimeout):
        return "all connections of this process are in use"
    cause = cause_of(error)
    said = str(cause).split("\n")[0] or type(cause).__name__
    hint = _HINTS.get(sqlstate(error), "")
    return f"{said} ({hint})" if hint else said


def cause_of(error: BaseException) -> BaseException:
    """The driver's own error under SQLAlchemy's wrappers."""
    while True:
        inner = getattr(error, "orig", None) or (error.__cause__ if _wraps(error) else None)
        if inner is None:
            return error
        error = inner


def _wraps(error: BaseException) -> bool:
    return not isinstance(error, asyncpg.PostgresError | asyncpg.InterfaceError | OSError)
