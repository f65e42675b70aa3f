"""What is promised but not there yet? Such a key is refused by name; nothing a user writes is silently ignored."""

from collections.abc import Iterator
from typing import Any

from alerting.configuration.positions import Path

TOP = frozenset({"owners", "mute_timings", "inhibit", "reports", "self"})
RULE = frozenset({"when", "for", "keep_firing_for", "on", "notify"})
POLICY = frozenset({
    "group_by", "group_wait", "group_interval", "remind", "digest", "escalate", "storm", "mute",
})  # fmt: skip
CONDITIONS = frozenset({
    "rate", "consecutive", "new", "regressed", "spike", "missed", "running_longer", "stuck", "burn_rate", "all", "any",
})  # fmt: skip
PING = frozenset({"cron", "timezone", "grace"})
TIMINGS = frozenset({"hourly", "daily"})


def planned(value: dict[str, Any]) -> Iterator[Path]:
    """The paths of keys and words that a later version will know."""
    yield from ((key,) for key in value if key in TOP)
    for index, rule in _items(value.get("rules")):
        yield from (("rules", index, key) for key in rule if key in RULE)
        condition = rule.get("condition")
        if isinstance(condition, dict):
            yield from (("rules", index, "condition", key) for key in condition if key in CONDITIONS)
    for index, ping in _items(value.get("pings")):
        yield from (("pings", index, key) for key in ping if key in PING)
    for name, policy in _pairs(value.get("policies")):
        yield from (("policies", name, key) for key in policy if key in POLICY)
        for severity, timing in _pairs_of_text(policy.get("timing")):
            if timing in TIMINGS:
                yield ("policies", name, "timing", severity)


def _items(value: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    if isinstance(value, list):
        yield from ((index, each) for index, each in enumerate(value) if isinstance(each, dict))


def _pairs(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        yield from ((name, each) for name, each in value.items() if isinstance(each, dict))


def _pairs_of_text(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        yield from ((name, each) for name, each in value.items() if isinstance(each, str))
