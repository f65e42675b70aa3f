"""What would a message of each reason look like? Examples for previews, and to try templates on."""

from base64 import b64decode
from dataclasses import replace
from typing import Any

from notifiers.message import AlertPart, Message, Passage, RunLine
from notifiers.rendering import worded

REASONS = (
    "first", "again", "new_members", "severity_up", "reopened", "resolved", "recovered", "reminder", "digest",
    "escalation", "flapping", "storm", "late", "acknowledged", "drill", "report", "test",
)  # fmt: skip
_DOT = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABAQMAAAAl21bKAAAAA1BMVEUAAACnej3aAAAACklEQVR42mNoAAAAggCB2kUIOwAAAABJRU5ErkJggg=="
)
_AT = "2026-11-23T08:05:01Z"
_OVER = "2026-11-23T08:04:00Z"
_SEVERAL = frozenset({"new_members", "digest", "storm"})
_CHANGES: dict[str, dict[str, Any]] = {
    "again": {"count": 15, "since_last": 12},
    "resolved": {"state": "resolved", "resolved_at": _OVER},
    "recovered": {"state": "resolved", "resolved_at": _OVER},
    "acknowledged": {"acknowledged_by": "ann"},
}


def sample(reason: str = "first", channel: str = "example") -> Message:
    """Raises KeyError for a reason that there is not."""
    if reason not in REASONS:
        raise KeyError(reason)
    if reason == "test":
        return probe("test-example", channel, _AT)
    if reason == "report":
        return _report(channel)
    part = _part(reason)
    parts = (part, _second(reason), _third(reason)) if reason in _SEVERAL else (part,)
    return worded(
        Message(
            id="example-1",
            channel=channel,
            reason=reason,
            severity=part.severity,
            title="",
            text="",
            alerts=parts,
            links={"overview": "https://tocsin.example/", **(part.links if len(parts) == 1 else {})},
            sent_at=_AT,
            conversation="payments",
            others=2 if reason == "new_members" else 0,
            ends=bool(part.resolved_at),
            hours=(0,) * 20 + (1, 0, 2, 9),
        )
    )


def _report(channel: str) -> Message:
    """With a dot for a chart: the charts are made where reports are."""
    address = "https://tocsin.example/reports/4f2a9c1e7b3d5a60"
    chart = "Bad runs over time: most bad runs ended in the day of 19 Nov 2026."
    when, first = "Most bad runs ended in the day of 19 Nov 2026: 41 of 320.", "CardDeclined cost most: 38 bad runs."
    opening = (
        "2026-11-16 08:00 to 2026-11-23 08:00 (Europe/Vienna). 61 runs of 2 240 ended badly: 2.7 % (2.1 % to 3.5 %). "
        "Against the period before (1.1 %): worse, +0.9 to +2.5 points."
    )
    passages = (
        Passage("", opening),
        Passage("When did it happen?", when, f"{address}#over_time", b64decode(_DOT), chart),
        Passage("What should be fixed first?", first, f"{address}#groups"),
    )
    title = "Trend report weekly, 2026-11-16 to 2026-11-23: 61 of 2 240 runs bad"
    message = Message("report-example", channel, "report", "low", title, "", (), {"report": address}, _AT)
    return worded(replace(message, conversation="report:weekly", ends=True, passages=passages))


def probe(identity: str, channel: str, at: str) -> Message:
    """The message that only tries a channel out."""
    title, text = "Tocsin: this is a test", "If you read this, the channel works."
    return Message(identity, channel, "test", "low", title, text, (), {}, at)


def _part(reason: str) -> AlertPart:
    run = RunLine("r1", "charge-card", "order-2000", "failed", "2026-11-23T08:03:00Z", "https://tocsin.example/runs/r1")
    links = {
        "alert": "https://tocsin.example/alerts/a1",
        "run": run.url,
        "group": "https://tocsin.example/groups/g1",
        "source": "https://engine.example/order-2000",
    }
    part = AlertPart(
        id="a1",
        rule="payments-failing",
        severity="critical",
        state="firing",
        workflow="charge-card",
        engine="dbos",
        environment="production",
        version="1.4.2",
        previous_version="1.4.1",
        step="charge",
        outcome="failed",
        error_type="CardDeclined",
        error_message="card declined for order 2000",
        cause="c1",
        reason=reason,
        team="payments",
        evidence=(("failures", "3 within 10m"),),
        count=3,
        first_at="2026-11-23T08:00:00Z",
        last_at="2026-11-23T08:03:00Z",
        runs=(run,),
        links=links,
        dedup_key="tocsin:a1",
        wire={"id": "a1", "rule": "payments-failing", "severity": "critical", "error_group": "g1"},
    )
    return replace(part, **_CHANGES.get(reason, {}))


def _second(reason: str) -> AlertPart:
    """Of the same cause."""
    more: dict[str, Any] = {"state": "resolved", "resolved_at": _OVER} if reason == "digest" else {}
    part = replace(_part("first"), id="a2", severity="high", workflow="refund-card", runs=(), dedup_key="tocsin:a2")
    return replace(part, reason="first", links={"alert": "https://tocsin.example/alerts/a2"}, wire={"id": "a2"}, **more)


def _third(reason: str) -> AlertPart:
    part = replace(_second(""), id="a3", severity="medium", workflow="send-invoice", step="", dedup_key="tocsin:a3")
    cause: dict[str, Any] = {
        "cause": "c2",
        "error_type": "TimeoutError",
        "error_message": "no answer from mail.example in 30 s",
    }
    told = replace(part, outcome="timed_out", reason="again" if reason == "digest" else "first", **cause)
    return replace(told, links={"alert": "https://tocsin.example/alerts/a3"}, wire={"id": "a3"})
