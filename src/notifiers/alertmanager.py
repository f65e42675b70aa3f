"""``format: alertmanager``: the body of Alertmanager's own webhook, version 4, for receivers that know it."""

import hashlib
from collections.abc import Sequence
from typing import Any

from notifiers.message import AlertPart, Message
from notifiers.outline import title_of

_MOST_ALERTS = 100
_NOT_ENDED = "0001-01-01T00:00:00Z"  # Alertmanager's word for it
_GROUP = ("alertname", "workflow")


def body(message: Message) -> dict[str, Any]:
    alerts = [_alert(message, part) for part in message.alerts[:_MOST_ALERTS]] or [_of_message(message)]
    labels = _common([alert["labels"] for alert in alerts])
    return {
        "version": "4",
        "groupKey": f'{{}}:{{conversation="{message.conversation or message.id}"}}',
        "truncatedAlerts": max(0, len(message.alerts) - _MOST_ALERTS),
        "status": "firing" if any(alert["status"] == "firing" for alert in alerts) else "resolved",
        "receiver": message.channel,
        "groupLabels": {name: labels[name] for name in _GROUP if name in labels},
        "commonLabels": labels,
        "commonAnnotations": _common([alert["annotations"] for alert in alerts]),
        "externalURL": message.links.get("overview", ""),
        "alerts": alerts,
    }


def _alert(message: Message, part: AlertPart) -> dict[str, Any]:
    labels = {
        "alertname": part.rule,
        "severity": part.severity,
        "workflow": part.workflow,
        "engine": part.engine,
        "environment": part.environment,
        "version": part.version,
        "step": part.step,
        "error_type": part.error_type,
        "team": part.team,
    }
    reason = part.reason or message.reason
    notes = {
        "summary": message.title if len(message.alerts) == 1 else title_of(reason, [part]),
        "description": part.error_message,
        "reason": reason,
        "count": str(part.count),
        "acknowledged_by": part.acknowledged_by,
    }
    return {
        "status": "resolved" if part.resolved_at else "firing",
        "labels": _said(labels),
        "annotations": _said(notes),
        "startsAt": part.first_at or message.sent_at,
        "endsAt": part.resolved_at or _NOT_ENDED,
        "generatorURL": part.links.get("alert", ""),
        "fingerprint": _fingerprint(part.dedup_key or part.id),
    }


def _of_message(message: Message) -> dict[str, Any]:
    """About no alert, such as a test: receivers look at nothing but alerts. It is over as soon as it has begun."""
    return {
        "status": "resolved",
        "labels": {"alertname": f"tocsin-{message.reason}", "severity": message.severity},
        "annotations": {"summary": message.title, "description": message.text},
        "startsAt": message.sent_at,
        "endsAt": message.sent_at,
        "generatorURL": message.links.get("overview", ""),
        "fingerprint": _fingerprint(message.id),
    }


def _said(named: dict[str, str]) -> dict[str, str]:
    """A label that is empty is one that is not there, says Prometheus."""
    return {name: value for name, value in named.items() if value}


def _common(each: Sequence[dict[str, str]]) -> dict[str, str]:
    first = each[0]
    return {name: value for name, value in first.items() if all(other.get(name) == value for other in each)}


def _fingerprint(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:16]
