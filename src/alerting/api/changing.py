"""How does somebody change what is in force? Checked as a whole, audited, answered when it shows or after a second."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from fastapi import HTTPException, Request

from alerting.api.context import ApiContext, context_of
from alerting.api.in_force import Edited
from alerting.api.ingest import body_of
from alerting.api.security import who
from alerting.configuration import Clash, Invalid, Problem
from alerting.configuration.overlay import CHANNELS, MAINTENANCE, NAME, RULES, SILENCES, Object, Overlay
from alerting.ingest import jsontext
from alerting.ingest.encoding import IngestError

ONE = {RULES: "rule", CHANNELS: "channel", SILENCES: "silence", MAINTENANCE: "maintenance"}
_SHOWN = {"type", "fallback"}
_LONGEST_NAME = 200
_DEEPEST = 30
_WAIT_SECONDS = 1.0
_STEP_SECONDS = 0.02
T = TypeVar("T")


class Refused(Exception):
    """What was asked for is not right: ``problems`` as ``tocsin check`` says them, each with ``where``."""

    def __init__(self, problems: list[dict[str, str]]) -> None:
        super().__init__("; ".join(f"{each['where']}: {each['message']}".removeprefix(": ") for each in problems))
        self.problems = problems


def refuse(where: str, message: str) -> Refused:
    return Refused([{"where": where, "message": message}])


async def object_of(request: Request) -> Object:
    """The body. Raises Refused."""
    try:
        found = jsontext.read(await body_of(request), "send the object as JSON")
    except IngestError as error:
        raise HTTPException(error.status, str(error)) from None
    if not isinstance(found, dict):
        raise refuse("", "the body must be an object, as in the file")
    if not _is_plain(found, 0):
        raise refuse("", "the body is too deep, or holds the character U+0000; leave that out")
    return found


def _is_plain(value: Any, depth: int) -> bool:
    """What every store and page can hold."""
    if isinstance(value, str):
        return "\0" not in value
    within = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    return depth < _DEEPEST and all(_is_plain(each, depth + 1) for each in within)


async def put(request: Request, section: str, name: str, body: Object, by: str, is_new: bool) -> None:
    """Raises Refused, or HTTPException where the name is taken."""
    if not 0 < len(name) <= _LONGEST_NAME or "/" in name:
        raise refuse("name", f"must have 1 to {_LONGEST_NAME} characters, and no /")

    def edit(file: str, made: Overlay) -> Edited:
        before = made.get(section, name)
        if is_new and before is not None:
            raise HTTPException(409, f"there is a {ONE[section]} {name!r} already; PUT replaces it")
        return Edited(file, made.put(section, name, body), shown(section, before), shown(section, body))

    await _change(request, section, name, "create" if is_new else "put", by, edit)


async def remove(request: Request, section: str, name: str, by: str) -> None:
    """Raises HTTPException where there is nothing to remove."""

    def edit(file: str, made: Overlay) -> Edited:
        before = made.get(section, name)
        if before is None:
            raise _not_there(context_of(request), section, name)
        return Edited(file, made.remove(section, name), shown(section, before), None)

    await _change(request, section, name, "delete", by, edit)


async def _change(
    request: Request, section: str, name: str, action: str, by: str, edit: Callable[[str, Overlay], Edited]
) -> None:
    context = context_of(request)
    told = who(request, context.settings, by)
    try:
        await asyncio.to_thread(context.in_force.change, edit, told, action, f"{ONE[section]} {name}")
    except Clash:
        raise _read_only(context, name) from None
    except Invalid as invalid:
        raise Refused(list(_about(invalid, section, name))) from None
    await until_followed(context)


async def until_followed(context: ApiContext) -> None:
    """At most a second: workers may be behind, or away."""
    for _ in range(int(_WAIT_SECONDS / _STEP_SECONDS)):
        if await asyncio.to_thread(context.in_force.is_followed):
            return
        await asyncio.sleep(_STEP_SECONDS)


def _about(invalid: Invalid, section: str, name: str) -> Iterator[dict[str, str]]:
    """Within what was sent only the path in it; elsewhere also the place."""
    around = f"{section}.{name}"
    for problem in invalid.problems:
        path = problem.path.removeprefix(around)
        is_within = problem.file == NAME and problem.path.startswith(around) and path[:1] in {"", ".", "["}
        yield {"where": path.removeprefix(".") if is_within else where_of(problem), "message": problem.message}


def problems_of(problems: list[Problem]) -> list[dict[str, str]]:
    return [{"where": where_of(problem), "message": problem.message} for problem in problems]


def where_of(problem: Problem) -> str:
    place = f"{problem.file}:{problem.line}:{problem.column}" if problem.line else problem.file
    return f"{place}: {problem.path}" if problem.path else place


def shown(section: str, body: Object | None) -> Object | None:
    """As anybody may see it: of a channel no more than its kind, for all else may be a secret."""
    if body is None or section != CHANNELS:
        return body
    return {key: value if key in _SHOWN else "[hidden]" for key, value in body.items()}


def provided_by(made: Overlay, section: str, name: str) -> str:
    return "file" if made.get(section, name) is None else "api"


def _not_there(context: ApiContext, section: str, name: str) -> HTTPException:
    if name in _names(context, section):
        return _read_only(context, name)
    return HTTPException(404, f"there is no {ONE[section]} {name!r}")


def _names(context: ApiContext, section: str) -> set[str]:
    """Of all that is in force."""
    configuration = context.active().configuration
    by_section: Mapping[str, Iterator[str]] = {
        RULES: (rule.name for rule in configuration.rules),
        CHANNELS: iter(configuration.channels),
        SILENCES: (each.id for each in configuration.quiet.silences),
        MAINTENANCE: (each.id for each in configuration.quiet.maintenance),
    }
    return set(by_section[section])


def _read_only(context: ApiContext, name: str) -> HTTPException:
    if context.settings.config is None:
        return HTTPException(409, f"{name!r} is there since no file says otherwise; put one of that name in its place")
    return HTTPException(409, f"{name!r} is provided by {context.in_force.file}; change it there")
