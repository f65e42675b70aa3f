"""What is wrong between the parts of a file that are right by themselves? Names that are not there, and the like.

What is wrong by itself is passed over here, so that one mistake neither hides others nor is told twice.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from alerting.configuration.hints import inside, near, no_such
from alerting.configuration.hollow_rules import bad_rules, names_twice
from alerting.configuration.mapping import BadMap, compile_map
from alerting.configuration.matching import bad_expressions, bad_matches
from alerting.configuration.model import NOTIFY, Ping, Retention, ScheduledReport, Scrub, SelfWatch, Webhook
from alerting.configuration.positions import Path, Placed
from alerting.configuration.problems import Problem
from alerting.scrub import Scrubber
from rules.matchers import FIELDS
from rules.policy import Owner, Policy
from rules.quiet import Inhibit

_Model = TypeVar("_Model", bound=BaseModel)
_PATTERN = frozenset("*?[")


def inconsistencies(placed: Placed) -> Iterator[Problem]:
    yield from bad_matches(placed)
    yield from bad_expressions(placed)
    yield from names_twice(placed, "rules")
    yield from names_twice(placed, "reports")
    yield from bad_rules(placed, one(placed, ("retention",), Retention) or Retention())
    yield from _bad_policies(placed)
    yield from _bad_fallbacks(placed)
    for path, owner in each(placed, "owners", Owner):
        yield from _bad_channels(placed, (*path, "channels"), owner.channels)
    for path, inhibit in each(placed, "inhibit", Inhibit):
        yield from _bad_equal(placed, (*path, "equal"), inhibit.equal)
    for path, report in each(placed, "reports", ScheduledReport):
        yield from _bad_channels(placed, (*path, "channels"), report.channels)
    yield from _bad_pings(placed)
    yield from _bad_maps(placed)
    yield from _bad_patterns(placed)
    watch = one(placed, ("self",), SelfWatch)
    if watch is not None and watch.channel not in {None, NOTIFY, *names_of(placed, "channels")}:
        yield placed.problem(("self", "channel"), no_such("channel", watch.channel, names_of(placed, "channels")))


def each(placed: Placed, section: str, model: type[_Model]) -> Iterator[tuple[Path, _Model]]:
    """The parts of a section that are right by themselves."""
    written = inside(placed.value, section)
    keys: list[Any] = list(written) if isinstance(written, Mapping) else []
    if isinstance(written, list):
        keys = list(range(len(written)))
    for key in keys:
        found = one(placed, (section, key), model)
        if found is not None:
            yield (section, key), found


def one(placed: Placed, path: Path, model: type[_Model]) -> _Model | None:
    value = placed.value
    for part in path:
        value = inside(value, part)
    try:
        return model.model_validate(value)
    except ValidationError:
        return None


def names_of(placed: Placed, section: str) -> set[str]:
    written = inside(placed.value, section)
    return set(written) if isinstance(written, Mapping) else set()


def _bad_policies(placed: Placed) -> Iterator[Problem]:
    timings = names_of(placed, "mute_timings")
    for path, policy in each(placed, "policies", Policy):
        yield from _bad_channels(placed, (*path, "channels"), policy.channels)
        for index, step in enumerate(policy.escalate):
            yield from _bad_channels(placed, (*path, "escalate", index, "channels"), step.channels)
        for index, timing in enumerate(policy.mute):
            if timing not in timings:
                yield placed.problem((*path, "mute", index), no_such("mute timing", timing, timings))


def _bad_channels(placed: Placed, path: Path, channels: tuple[str, ...]) -> Iterator[Problem]:
    known = names_of(placed, "channels")
    for index, channel in enumerate(channels):
        if channel not in known | {NOTIFY}:
            yield placed.problem((*path, index), no_such("channel", channel, known))


def _bad_fallbacks(placed: Placed) -> Iterator[Problem]:
    known = names_of(placed, "channels")
    for name in sorted(known):
        fallback = inside(placed.value["channels"][name], "fallback")
        if isinstance(fallback, str) and fallback not in (known | {NOTIFY}) - {name}:
            yield placed.problem(("channels", name, "fallback"), no_such("other channel", fallback, known - {name}))


def _bad_equal(placed: Placed, path: Path, fields: tuple[str, ...]) -> Iterator[Problem]:
    for index, field in enumerate(fields):
        if field not in FIELDS and not field.startswith("labels."):
            said = f"{field!r} is not a field of alerts; {near(field, [*FIELDS, 'labels.NAME'])}"
            yield placed.problem((*path, index), said)


def _bad_pings(placed: Placed) -> Iterator[Problem]:
    """A schedule names its workflow literally, and there is one for each."""
    seen: dict[tuple[str, str], Path] = {}
    for path, ping in each(placed, "pings", Ping):
        if not ping.cron:
            continue
        for key in ("workflow", "environment"):
            if _PATTERN & set(getattr(ping, key)) or getattr(ping, key).startswith(("~", ">=", "<=")):
                yield placed.problem((*path, key), "names a pattern; what has a schedule must be named without * ? [")
        first = seen.setdefault((ping.workflow, ping.environment), path)
        if first is not path:
            said = f"pings[{first[1]}] has a schedule for {ping.workflow} as well; leave out one of them"
            yield placed.problem((*path, "cron"), said)


def _bad_maps(placed: Placed) -> Iterator[Problem]:
    for path, webhook in each(placed, "webhooks", Webhook):
        try:
            compile_map(webhook.map) if webhook.map is not None else None
        except BadMap as error:
            yield placed.problem((*path, "map", *([error.key] if error.key else [])), str(error))


def _bad_patterns(placed: Placed) -> Iterator[Problem]:
    scrub = one(placed, ("scrub",), Scrub) or Scrub()
    for index, pattern in enumerate(scrub.patterns):
        try:
            Scrubber((), (pattern,))
        except ValueError as error:
            yield placed.problem(("scrub", "patterns", index), str(error))
