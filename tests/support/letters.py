"""A message of every reason, with all that such a message can say, as a mail would tell it."""

from dataclasses import replace

from notifiers.message import Message, RunLine
from notifiers.rendering import worded
from notifiers.sample import sample
from rules.vocabulary import Reason
from support.samples import PART, message

HOURS = (0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 3, 1, 0, 0, 0, 0, 0, 4, 9, 12, 7)
OVER = "2026-11-23T08:06:00Z"
TRACE = "card declined for order 2000\n  at charge (/app/charge.py:41)\n  at pay (/app/pay.py:12)"
ALL = replace(
    PART,
    error_message=TRACE,
    team="payments",
    mention="@payments",
    previous_version="1.4.1",
    evidence=(("failed in 10 minutes", "12 of 40"), ("allowed", "5%")),
    runs=tuple(
        RunLine(f"r{n}", "charge-card", f"order-200{n}", "failed", f"2026-11-23T08:0{n}:00Z", f"http://t/runs/r{n}")
        for n in range(1, 4)
    ),
)
LINKS = {
    "overview": "http://t/",
    "source": "http://engine/r1",
    "acknowledge": "http://t/alerts/a1/ack",
    **PART.links,
}
_CHANGES: dict[str, dict[str, object]] = {
    "resolved": {"resolved_at": OVER},
    "recovered": {"resolved_at": OVER},
    "late": {"severity": "high"},
    "first": {"step": "charge"},
    "drill": {"severity": "medium"},
}


def letter(reason: str) -> Message:
    if reason == "report":
        return sample(reason)
    if reason in ("digest", "storm", "new_members"):
        return several(reason)
    if reason == "test":
        said = "If you read this, the channel works."
        return replace(message(reason), title="Tocsin: test", text=said, severity="low", alerts=(), links={})
    part = replace(ALL, **_CHANGES.get(reason, {}))
    note = "Told here because channel ops could not deliver it." if reason == "escalation" else ""
    told = replace(message(reason), alerts=(part,), severity=part.severity, links=LINKS, hours=HOURS, note=note)
    return worded(replace(told, others=2 if reason == "again" else 0))


def several(reason: str) -> Message:
    shop = ["charge-card", "refund", "payout", "send-invoices", "sync-stock"]
    declined = [
        replace(ALL, id=f"a{n}", workflow=name, cause="c1", links={"alert": f"http://t/alerts/a{n}"})
        for n, name in enumerate(shop)
    ]
    gone = replace(ALL, id="a9", workflow="nightly-import", severity="high", cause="c2", error_type="Timeout")
    gone = replace(gone, error_message="no answer within 30 s", acknowledged_by="ann", links={"alert": "http://t/9"})
    over = replace(gone, id="a10", workflow="report", cause="c3", error_type="DiskFull", acknowledged_by="")
    over = replace(over, error_message="no space left on device", resolved_at=OVER, severity="medium")
    parts = (*declined, gone, over)
    return worded(replace(message(reason), alerts=parts, links={"overview": "http://t/"}, hours=HOURS))


LETTERS: dict[str, Message] = {reason.value: letter(reason.value) for reason in Reason}
