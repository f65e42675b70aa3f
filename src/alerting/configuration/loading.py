"""Is this text a configuration? Everything that is wrong with it, in one go."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from alerting.configuration import later
from alerting.configuration.mapping import BadMap, compile_map
from alerting.configuration.model import (
    NOTIFY,
    PING_KEY,
    Configuration,
    File,
    LostAfter,
    Ping,
    Retention,
    Scrub,
    Webhook,
    of_file,
)
from alerting.configuration.overlay import MARKER, NOTHING, Overlay, split
from alerting.configuration.positions import Path, Placed
from alerting.configuration.problems import Clash, Invalid, Problem
from alerting.configuration.together import read_together
from alerting.configuration.variables import missing_in, resolve
from alerting.scrub import Scrubber
from notifiers.registry import parse_channel
from rules.config import CountCondition, Policy, Resolve, Rule, SeverityRule
from rules.matchers import compile_match
from rules.quiet import Maintenance, SilenceConfig

_MODELS: dict[tuple[str, ...], type[BaseModel]] = {
    (): File,
    ("severity",): SeverityRule,
    ("lost_after",): LostAfter,
    ("rules",): Rule,
    ("rules", "condition"): CountCondition,
    ("rules", "resolve"): Resolve,
    ("policies",): Policy,
    ("pings",): Ping,
    ("retention",): Retention,
    ("scrub",): Scrub,
    ("webhooks",): Webhook,
    ("silences",): SilenceConfig,
    ("maintenance",): Maintenance,
}
_UNION_TAGS = frozenset({"CountCondition", "literal['each']", "str", "[key]"})


def load(text: str, file: str = "tocsin.yaml") -> Configuration:
    """Of the file's text, and what was made beside it where that follows. Raises Invalid. Channels are checked as far
    as they can be without the environment."""
    own, made = split(text)
    placed = read_together(own, file, made)
    configuration, problems = _read(placed, text, made)
    if problems or configuration is None:
        raise Invalid(problems)
    return configuration


def check(text: str, file: str, environ: Mapping[str, str], made: Overlay = NOTHING) -> list[Problem]:
    """Everything that ``load`` finds in a file's text together with what was ``made``, and channels with the
    environment's secrets filled in. Raises Clash."""
    if MARKER in text:
        line = text.partition(MARKER)[0].count("\n") + 2
        return [Problem(file, line, 1, "", f"the line {MARKER.strip()!r} is Tocsin's own; leave it out")]
    try:
        placed = read_together(text, file, made)
    except Clash:
        raise
    except Invalid as invalid:
        return invalid.problems
    _, problems = _read(placed, text, made)
    secrets = (_channel_problems, _webhook_problems, _ping_problems)
    return sorted([*problems, *(problem for find in secrets for problem in find(placed, environ))])


def _read(placed: Placed, text: str, made: Overlay) -> tuple[Configuration | None, list[Problem]]:
    problems = list(placed.problems)
    value = _without(placed.value, planned := list(later.planned(placed.value)))
    problems.extend(_not_yet(placed, path) for path in planned)
    try:
        file = File.model_validate(value)
    except ValidationError as error:
        return None, sorted([*problems, *_of_pydantic(placed, error)])
    problems.extend(_inconsistencies(placed, file))
    return of_file(file, text, made), sorted(problems)


def _not_yet(placed: Placed, path: Path) -> Problem:
    word = path[-1]
    if "timing" in path:
        word = placed.value["policies"][path[1]]["timing"][path[-1]]
    return placed.problem(path, f"{word} is not available in this version; leave it out")


def _without(value: Any, paths: Iterable[Path]) -> Any:
    """A copy without the planned keys, so that one problem does not hide the others."""
    gone = set(paths)

    def copy(each: Any, path: Path) -> Any:
        if isinstance(each, dict):
            kept = {key: copy(v, (*path, key)) for key, v in each.items() if (*path, key) not in gone}
            return kept if kept or not each or path[-1:] != ("condition",) else "each"
        if isinstance(each, list):
            return [copy(v, (*path, index)) for index, v in enumerate(each)]
        return each

    return copy(value, ())


def _of_pydantic(placed: Placed, error: ValidationError) -> Iterator[Problem]:
    seen: set[Path] = set()
    for each in error.errors(include_url=False):
        path: Path = tuple(part for part in each["loc"] if str(part) not in _UNION_TAGS)
        is_other_form = each["type"] == "literal_error" and "condition" in path and isinstance(each["input"], dict)
        if path in seen or is_other_form:
            continue
        seen.add(path)
        yield placed.problem(path, _message(each["type"], each["msg"], path))


def _message(kind: str, message: str, path: Path) -> str:
    if kind == "extra_forbidden":
        return f"is not a key that is known here; {_hint(path)}"
    if kind == "missing":
        return "is missing; add it"
    return message.removeprefix("Value error, ")


def _hint(path: Path) -> str:
    above = tuple(str(part) for part in path[:-1] if not isinstance(part, int))
    model = _MODELS.get(above) or _MODELS.get(above[:1]) or File
    known = [field.alias or name for name, field in model.model_fields.items()]
    near = difflib.get_close_matches(str(path[-1]), known, 1)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"


def _inconsistencies(placed: Placed, file: File) -> Iterator[Problem]:
    for section in ("severity", "lost_after", "rules", "silences", "maintenance"):
        yield from _bad_matches(placed, [(section, n, each.match) for n, each in enumerate(getattr(file, section))])
    yield from _bad_rules(placed, file)
    yield from _bad_policies(placed, file)
    yield from _bad_maps(placed, file)
    try:
        Scrubber(file.scrub.keys, file.scrub.patterns)
    except ValueError as error:
        yield placed.problem(("scrub", "patterns"), str(error))


def _bad_maps(placed: Placed, file: File) -> Iterator[Problem]:
    for name, webhook in file.webhooks.items():
        try:
            compile_map(webhook.map) if webhook.map is not None else None
        except BadMap as error:
            path: Path = ("webhooks", name, "map", *([error.key] if error.key else []))
            yield placed.problem(path, str(error))


def _bad_matches(placed: Placed, matches: list[tuple[str, int, dict[str, Any]]]) -> Iterator[Problem]:
    for section, index, match in matches:
        for field, wanted in match.items():
            try:
                compile_match({field: wanted})
            except ValueError as error:
                yield placed.problem((section, index, "match", field), str(error))


def _bad_rules(placed: Placed, file: File) -> Iterator[Problem]:
    names: set[str] = set()
    policies = {"default", *file.policies}
    for index, rule in enumerate(file.rules):
        if rule.name in names:
            yield placed.problem(("rules", index, "name"), f"{rule.name!r} names two rules; give each its own name")
        names.add(rule.name)
        if rule.policy not in policies:
            yield placed.problem(("rules", index, "policy"), _no_such("policy", rule.policy, policies))
        if isinstance(rule.condition, CountCondition) and rule.condition.within > file.retention.failures:
            yield placed.problem(("rules", index, "condition", "within"), "is longer than retention.failures")


def _bad_policies(placed: Placed, file: File) -> Iterator[Problem]:
    channels = {*file.channels, NOTIFY}
    for name, policy in file.policies.items():
        for index, channel in enumerate(policy.channels):
            if channel not in channels:
                yield placed.problem(("policies", name, "channels", index), _no_such("channel", channel, file.channels))
    for name, channel_config in file.channels.items():
        fallback = channel_config.get("fallback")
        if fallback is not None and (fallback not in channels or fallback == name):
            yield placed.problem(
                ("channels", name, "fallback"), _no_such("other channel", str(fallback), file.channels)
            )


def _no_such(what: str, name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known)) or 'none'}"
    return f"there is no {what} {name!r}; {hint}"


def _channel_problems(placed: Placed, environ: Mapping[str, str]) -> Iterator[Problem]:
    channels = placed.value.get("channels")
    if not isinstance(channels, dict):
        return
    for name, config in channels.items():
        path: Path = ("channels", name)
        if not isinstance(config, dict):
            continue
        missing = list(missing_in(config, environ, path))
        for place, variable in missing:
            yield placed.problem(place, _not_set(variable))
        if not missing:
            yield from _bad_channel(placed, path, resolve(config, environ))


def _webhook_problems(placed: Placed, environ: Mapping[str, str]) -> Iterator[Problem]:
    for place, variable in missing_in(placed.value.get("webhooks"), environ, ("webhooks",)):
        yield placed.problem(place, _not_set(variable))


def _ping_problems(placed: Placed, environ: Mapping[str, str]) -> Iterator[Problem]:
    """Two workflows under one key, and what the environment's secrets make of the keys. None is quoted."""
    pings = placed.value.get("pings")
    seen: dict[str, int] = {}
    for index, ping in enumerate(pings if isinstance(pings, list) else ()):
        path: Path = ("pings", index, "key")
        if not isinstance(ping, dict) or not isinstance(ping.get("key"), str):
            continue
        missing = list(missing_in(ping["key"], environ, path))
        for place, variable in missing:
            yield placed.problem(place, _not_set(variable))
        key = "" if missing else resolve(ping["key"], environ)
        if key and key in seen:
            yield placed.problem(path, f"is the key of pings[{seen[key]}] as well; give each its own")
        elif "${" in ping["key"] and not missing and not PING_KEY.fullmatch(key):
            yield placed.problem(path, "its value must be 1 to 100 letters, digits, - and _")
        seen.setdefault(key, index)


def _not_set(variable: str) -> str:
    return f"the environment variable {variable} is not set; set it before Tocsin starts"


def _bad_channel(placed: Placed, path: Path, config: dict[str, Any]) -> Iterator[Problem]:
    try:
        parse_channel(config)
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False):
            kind, message = each["type"], each["msg"].removeprefix("Value error, ")
            if kind == "extra_forbidden":
                message = f"is not a key of {config['type']} channels; leave it out"
            yield placed.problem((*path, *each["loc"]), "is missing; add it" if kind == "missing" else message)
    except ValueError as error:
        yield placed.problem((*path, "type"), str(error).removeprefix("type: "))
