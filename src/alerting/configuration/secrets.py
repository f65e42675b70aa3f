"""Is what the environment fills in there, and right? No value of it is ever said."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import SecretStr, ValidationError

from alerting.configuration.hints import inside, near
from alerting.configuration.matching import items
from alerting.configuration.mistakes import said
from alerting.configuration.model import PING_KEY
from alerting.configuration.positions import Path, Placed
from alerting.configuration.problems import Problem
from alerting.configuration.variables import missing_in, resolve
from notifiers.context import http_url
from notifiers.registry import CHANNEL_TYPES, parse_channel
from notifiers.template import Template


def secret_problems(placed: Placed, environ: Mapping[str, str]) -> Iterator[Problem]:
    channels = inside(placed.value, "channels")
    for name, config in channels.items() if isinstance(channels, Mapping) else ():
        if isinstance(config, dict):
            yield from _channel_problems(placed, ("channels", name), config, environ)
    yield from _not_set(placed, inside(placed.value, "webhooks"), environ, ("webhooks",))
    yield from _ping_problems(placed, environ)
    yield from _dead_man_problems(placed, environ)


def _channel_problems(
    placed: Placed, path: Path, config: dict[str, Any], environ: Mapping[str, str]
) -> Iterator[Problem]:
    missing = list(_not_set(placed, config, environ, path))
    yield from missing or _bad_channel(placed, path, resolve(config, environ))


def _not_set(placed: Placed, value: Any, environ: Mapping[str, str], path: Path) -> Iterator[Problem]:
    for place, variable in missing_in(value, environ, path):
        said = f"the environment variable {variable} is not set; set it before Tocsin starts"
        yield placed.problem(place, said)


def _ping_problems(placed: Placed, environ: Mapping[str, str]) -> Iterator[Problem]:
    """Two workflows under one key, and what the environment's secrets make of the keys. None is quoted."""
    seen: dict[str, int | str] = {}
    for path, ping in items(placed, "pings"):
        written, place = ping.get("key"), (*path, "key")
        if not isinstance(written, str):
            continue
        missing = list(_not_set(placed, written, environ, place))
        yield from missing
        key = "" if missing else resolve(written, environ)
        if key and key in seen:
            yield placed.problem(place, f"is the key of pings[{seen[key]}] as well; give each its own")
        elif "${" in written and not missing and not PING_KEY.fullmatch(key):
            yield placed.problem(place, "its value must be 1 to 100 letters, digits, - and _")
        seen.setdefault(key, path[1])


def _dead_man_problems(placed: Placed, environ: Mapping[str, str]) -> Iterator[Problem]:
    written, place = inside(inside(placed.value, "self"), "ping_url"), ("self", "ping_url")
    if not isinstance(written, str) or "${" not in written:
        return
    missing = list(_not_set(placed, written, environ, place))
    yield from missing
    if not missing:
        try:
            http_url(SecretStr(resolve(written, environ)))
        except ValueError as error:
            yield placed.problem(place, f"its value {error}")


def _bad_channel(placed: Placed, path: Path, config: dict[str, Any]) -> Iterator[Problem]:
    try:
        parse_channel(config)
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False):
            yield placed.problem((*path, *each["loc"]), _of_channel(config["type"], each))
    except ValueError as error:
        yield placed.problem((*path, "type"), str(error).removeprefix("type: "))


def _of_channel(kind: str, error: Any) -> str:
    if error["type"] != "extra_forbidden":
        return said(None, (), error)
    place = error["loc"][:-1]
    if place:
        return f"is not a key of {place[-1]}; {near(error['loc'][-1], Template.model_fields)}"
    fields = CHANNEL_TYPES[kind][0].model_fields
    known = [field.alias or name for name, field in fields.items()]
    return f"is not a key of {kind} channels; {near(error['loc'][-1], known)}"
