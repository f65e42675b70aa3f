"""What do decisions leave in the store? Messages that are owed, and the reason for each word and each silence."""

from collections.abc import Sequence

import msgspec

from alerting.consumer.deciding import Deciding, Told
from alerting.database.port import Connection
from alerting.database.statements import Row
from alerting.storage import messages
from rules.decisions import About

Targets = dict[str, tuple[str, ...]]


def queue(connection: Connection, decided: list[Told], targets: Targets) -> int:
    """What was decided to be said. How many messages that are new."""
    known = messages.known_notifications(connection, {each.notify.id for each in decided})
    new = [each for each in decided if each.notify.id not in known]
    told = [_told_row(each.notify.id, about) for each in new for about in each.notify.about]
    owe(connection, [_notification_row(each) for each in new], targets, told)
    return len(new)


def owe(connection: Connection, notifications: list[Row], targets: Targets, told: Sequence[Row] = ()) -> None:
    """Messages to each target of their channels. Each gets the next number: conversations are sent in this order."""
    for row, number in zip(notifications, messages.next_numbers(connection, len(notifications)), strict=True):
        row["number"] = number
    outbox = [_outbox_row(row, target) for row in notifications for target in targets.get(row["channel"], ("missing",))]
    messages.queue(connection, notifications, outbox, list(told))


def _notification_row(told: Told) -> Row:
    notify = told.notify
    return {
        "id": notify.id,
        "channel": notify.channel,
        "policy": notify.policy,
        "reason": notify.reason.value,
        "alert": notify.alert_id,
        "about": msgspec.json.encode([(e.alert_id, e.reason, e.since_last) for e in notify.about]).decode(),
        "others": notify.others,
        "severity": notify.severity.value,
        "since_last": notify.since_last,
        "conversation": notify.conversation,
        "created_at": told.at,
    }


def _told_row(notification: str, about: About) -> Row:
    return {"alert": about.alert_id, "notification": notification, "reason": about.reason.value,
            "since_last": about.since_last}  # fmt: skip


def _outbox_row(notification: Row, target: str) -> Row:
    return {
        "notification": notification["id"],
        "target": target,
        "channel": notification["channel"],
        "conversation": notification["conversation"],
        "number": notification["number"],
        "next_attempt_at": notification["created_at"],
        "created_at": notification["created_at"],
    }


def decisions(deciding: Deciding) -> list[Row]:
    """Each word, each silence, and what each rule came to."""
    return [*_spoken(deciding.told), *_unspoken(deciding), *_judged(deciding)]


def _spoken(told: list[Told]) -> list[Row]:
    return [_decision_row(each, about) for each in told for about in each.notify.about]


def _decision_row(told: Told, about: About) -> Row:
    return {"at": told.at, "alert": about.alert_id, "rule": "", "channel": told.notify.channel, "kind": "notify",
            "reason": about.reason.value, "because": "", "run": told.run, "count": 1}  # fmt: skip


def _judged(deciding: Deciding) -> list[Row]:
    """What each rule came to, for ``tocsin explain``."""
    return [
        {"at": each.at, "alert": each.judged.alert_id, "rule": each.judged.rule, "channel": "", "kind": "judged",
         "reason": f"{each.judged.before} → {each.judged.after}", "run": each.run, "count": 1,
         "because": ", ".join(f"{name} {value}" for name, value in each.judged.evidence)}
        for each in deciding.verdicts.values()
        if each.run
    ]  # fmt: skip


def _unspoken(deciding: Deciding) -> list[Row]:
    """Equal silences of one batch are one row with their number and the first run."""
    rows = []
    for key, count in deciding.silent.items():
        alert, rule, channel, reason, because = key
        at, run = deciding.silent_at[key]
        rows.append({"at": at, "alert": alert, "rule": rule, "channel": channel, "kind": "silent",
                     "reason": reason, "because": because, "run": run, "count": count})  # fmt: skip
    return rows
