"""How do the messages of a replay compare with those that were sent? Per channel and day, by reason, by rule."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from alerting.database.port import Store
from alerting.rehearsal.replay import Replayed
from alerting.storage.schema import AlertRow, NotificationRow, table
from rules.instants import MINUTE, Duration, Instant, format_instant, to_datetime

SHORT: Duration = 5 * MINUTE
_notification, _alert = table(NotificationRow), table(AlertRow)
_NOT_OF_RULES = ("test", "drill")


@dataclass(slots=True)
class Side:
    """``short``: alerts that were over within five minutes of firing."""

    places: Counter[tuple[str, str]] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    fired: int = 0
    short: int = 0

    def add(self, at: Instant, channel: str, reason: str, rule: str) -> None:
        self.places[day_of(at), channel] += 1
        self.reasons[reason] += 1
        self.rules[rule] += 1

    def alert(self, fired_at: Instant, resolved_at: Instant) -> None:
        self.fired += 1
        self.short += bool(resolved_at) and resolved_at - fired_at <= SHORT


def day_of(at: Instant) -> str:
    return to_datetime(at).date().isoformat()


def would(replayed: Replayed) -> Side:
    side = Side()
    for each in replayed.messages:
        side.add(each.at, each.message.channel, each.message.reason.value, each.rule)
    for fired_at, resolved_at in replayed.alerts.values():
        side.alert(fired_at, resolved_at)
    return side


def was(store: Store, since: Instant, until: Instant) -> Side:
    """By the rows of what was decided then, whatever configuration was in force."""
    side, made = Side(), _notification.c.created_at
    told = select(made, _notification.c.channel, _notification.c.reason, _alert.c.rule).select_from(
        _notification.outerjoin(_alert, _alert.c.id == _notification.c.alert)
    )
    told = told.where(made >= since, made < until, _notification.c.reason.not_in(_NOT_OF_RULES))
    fired = select(_alert.c.fired_at, _alert.c.resolved_at).where(_alert.c.fired_at >= since, _alert.c.fired_at < until)
    with store.read() as connection:
        for at, channel, reason, rule in connection.execute(told):
            side.add(at, channel, reason, rule or "")
        for fired_at, resolved_at in connection.execute(fired):
            side.alert(fired_at, resolved_at)
    return side


@dataclass(slots=True, frozen=True)
class Backtest:
    since: Instant
    until: Instant
    rules: str
    replayed: Replayed
    would: Side
    was: Side
    notes: list[str]


def as_json(found: Backtest) -> dict[str, Any]:
    def both(pick: Callable[[Side], Counter[Any]]) -> dict[Any, dict[str, int]]:
        would_, was_ = pick(found.would), pick(found.was)
        return {key: {"would": would_[key], "was": was_[key]} for key in sorted({*would_, *was_})}

    days = [{"day": day, "channel": channel, **counts} for (day, channel), counts in both(lambda s: s.places).items()]
    return {
        "since": format_instant(found.since),
        "until": format_instant(found.until),
        "configuration": found.rules,
        "runs": found.replayed.runs,
        "failures": found.replayed.failures,
        "days": days,
        "reasons": both(lambda side: side.reasons),
        "rules": both(lambda side: side.rules),
        "alerts": {
            name: {"fired": side.fired, "over_within_5m": side.short}
            for name, side in (("would", found.would), ("was", found.was))
        },
        "notes": found.notes,
    }


def as_text(found: Backtest) -> list[str]:
    told = as_json(found)
    lines = [f"{found.rules}, from {told['since']} to {told['until']}",
             f"{told['runs']:,} runs that ended well, {told['failures']:,} failures", ""]  # fmt: skip
    lines += _table(["day (UTC)", "channel"], [[d["day"], d["channel"], d["would"], d["was"]] for d in told["days"]])
    for name, head in (("reasons", "reason"), ("rules", "rule")):
        lines += ["", *_table([head], [[key, each["would"], each["was"]] for key, each in told[name].items()])]
    lines += ["", "alerts: " + "; ".join(
        f"{each['fired']} {'would have fired' if name == 'would' else 'fired'}, {each['over_within_5m']} of them over "
        "within 5 minutes" for name, each in told["alerts"].items()
    )]  # fmt: skip
    return lines + [f"note: {each}" for each in found.notes]


def _table(heads: list[str], rows: list[list[Any]]) -> list[str]:
    """Texts to the left, the two numbers to the right, and their sums."""
    total = ["all", *[""] * (len(heads) - 1), sum(row[-2] for row in rows), sum(row[-1] for row in rows)]
    cells = [[*heads, "would", "was"], *([str(cell) for cell in row] for row in [*rows, total])]
    widths = [max(len(row[index]) for row in cells) for index in range(len(cells[0]))]
    return [
        "  ".join(
            c.ljust(w) if i < len(heads) else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]
