"""A message as the rest of Tocsin would make it."""

from dataclasses import replace

from notifiers.message import AlertPart, Message, RunLine
from notifiers.rendering import worded

PART = AlertPart(
    id="a1",
    rule="any-failure",
    severity="critical",
    state="firing",
    workflow="charge-card",
    engine="dbos",
    environment="production",
    version="1.4.2",
    step="charge",
    outcome="failed",
    error_type="CardDeclined",
    error_message="card declined for order 2000",
    count=3,
    since_last=2,
    first_at="2026-11-23T08:00:00Z",
    last_at="2026-11-23T08:05:00Z",
    runs=(RunLine("r1", "charge-card", "order-2000", "failed", "2026-11-23T08:05:00Z", "http://t/runs/r1"),),
    links={"run": "http://t/runs/r1", "alert": "http://t/alerts/a1"},
    dedup_key="tocsin:abc",
    wire={"id": "a1", "rule": "any-failure", "severity": "critical"},
)


def message(reason: str = "first", **changes: object) -> Message:
    part = replace(PART, **changes)
    return worded(
        Message(
            id="n1",
            channel="c",
            reason=reason,
            severity=part.severity,
            title="",
            text="",
            alerts=(part,),
            links=part.links,
            sent_at="2026-11-23T08:05:01Z",
            conversation="conv",
        )
    )
