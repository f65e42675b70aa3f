"""Why was somebody told of this run, or nobody? The rules' answers beside what was decided, sent and is planned."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import or_, select

from alerting import wire
from alerting.api.context import ApiContext, context_of
from alerting.api.reading import find_run
from alerting.database.port import Connection
from alerting.storage import alerts, deliveries, runs
from alerting.storage.schema import (
    AlertRow,
    AlertStateRow,
    DeadlineRow,
    DecisionRow,
    FailureRow,
    NotificationRow,
    ToldRow,
    table,
)
from alerting.tracking.record import RunRecord
from rules.explaining import RuleVerdict, Seen, explain
from rules.fingerprint import fingerprint
from rules.inputs import Failed, Finished, Heard
from rules.instants import format_duration
from rules.model import Fingerprint
from rules.ruleset import Ruleset
from rules.state import AlertState
from rules.vocabulary import Outcome, Severity

router = APIRouter(prefix="/api/v1")
Found = dict[str, Any]
_decision, _told, _notification = table(DecisionRow), table(ToldRow), table(NotificationRow)
_failure, _state, _alert, _deadline = table(FailureRow), table(AlertStateRow), table(AlertRow), table(DeadlineRow)
_MOST = 20
_PLANNED = {
    "for": "fires, if it lasts until then",
    "clear": "resolves, unless it holds again",
    "quiet": "resolves, if nothing fails until then",
    "look": "the condition is looked at again",
    "escalate": "is escalated",
    "ack": "the acknowledgement ends",
    "calm": "counts as calm again",
    "recheck": "what keeps it from being told is looked at again",
    "talk": "is talked about again",
    "enrich": "is judged by what is known then",
    "settle": "counts as final, if nothing more comes",
    "lost": "counts as lost, if nothing more is heard of it",
}


@router.get("/runs/{run}/explain")
def explain_run(request: Request, run: str) -> Found:
    """By Tocsin's id or the engine's run id: every rule's answer, and what came of it."""
    return explained(context_of(request), find_run(context_of(request), run))


def explained(context: ApiContext, row: dict[str, Any]) -> Found:
    record = runs.record_of(row)
    ruleset = context.active().ruleset
    with context.store.read() as connection:
        failure = (
            connection.execute(select(_failure).where(_failure.c.id == record.detail.occurrence)).mappings().first()
        )
        item = _seen(ruleset, record, dict(failure) if failure else None)
        decisions = _decisions(connection, record.id)
        rules = [_rule(connection, verdict, decisions) for verdict in explain(ruleset, item)]
        waiting = _deadlines(connection, {record.id: ""})
    others = [_silent(each) for each in decisions if each["kind"] == "silent" and not each["alert"]]
    return {
        "run": wire.run_wire(row),
        "summary": _summary(record, item, rules),
        "rules": rules,
        "silences": others,
        "planned": waiting,
    }


def _seen(ruleset: Ruleset, record: RunRecord, failure: dict[str, Any] | None) -> Seen:
    """The run as the rules were shown it, or would be now."""
    run = record.run()
    if record.outcome is Outcome.RUNNING:
        return Heard(run, record.heard_at)
    if not record.bad:
        return Finished(run, record.started_at, record.ended_at)
    if failure is None:
        print_ = fingerprint(record.workflow, record.failing_step, record.error)
        return Failed(run, print_, ruleset.severity_of(run), "", record.ended_at)
    known = Fingerprint(failure["error_group"] or record.error_group, failure["cause"], 0, ())
    about = (Severity(failure["severity"]), failure["id"], failure["occurred_at"])
    return Failed(run, known, *about, record.detail.consequence_of, failure["novelty"])


def _summary(record: RunRecord, item: Seen, rules: list[Found]) -> str:
    return f"{record.outcome}: {_said_of(record, item, ', '.join(each['rule'] for each in rules if each['matched']))}"


def _said_of(record: RunRecord, item: Seen, looking: str) -> str:
    if record.detail.quiet:
        return "whoever told of it asked that nobody be notified"
    if record.bad and not record.evaluated:
        return "not judged yet, more may come of it"
    if isinstance(item, Failed) and item.consequence_of:
        return f"a consequence of run {item.consequence_of}, which failed before it, and told with that one"
    if isinstance(item, Failed):
        return f"rules that look at it: {looking}" if looking else "no rule looks at it"
    word = {Outcome.SUCCEEDED: "successes", Outcome.RUNNING: "open runs"}.get(record.outcome, "such ends")
    ends = "; a success also resolves open alerts of its workflow" if record.outcome is Outcome.SUCCEEDED else ""
    return (f"rules that watch {word}: {looking}" if looking else f"no rule watches {word} of this workflow") + ends


def _rule(connection: Connection, verdict: RuleVerdict, decisions: list[Found]) -> Found:
    mine = [each for each in decisions if each["rule"] == verdict.rule]
    judged = [each for each in mine if each["kind"] == "judged"]
    ids = {each["alert"] for each in judged if each["alert"]}
    said = _plain(verdict)
    said["judged"] = [
        {"at": wire.time_or_none(e["at"]), "change": e["reason"], "evidence": e["because"], "alert": e["alert"] or None}
        for e in judged
    ]
    said["silences"] = [_silent(each) for each in mine if each["kind"] == "silent"]
    said["alerts"] = _alerts(connection, ids)
    said["messages"] = _messages(connection, ids)
    said["planned"] = _deadlines(connection, _owners(connection, verdict.key, ids))
    return said


def _plain(verdict: RuleVerdict) -> Found:
    route = None
    if verdict.route is not None:
        route = asdict(verdict.route) | {"group": dict(verdict.route.group), "silence": verdict.route.silence or None}
        route |= {name: format_duration(route[name]) if route[name] else "0s" for name in ("wait", "spacing")}
    parts = [{"text": text, "value": value} for text, value in verdict.parts]
    return {
        "rule": verdict.rule,
        "condition": verdict.condition,
        "matched": verdict.matched,
        "because": verdict.because,
        "match": [asdict(each) for each in verdict.tests],
        "when": {"text": verdict.when, "parts": parts} if verdict.when else None,
        "severity": verdict.severity,
        "route": route,
    }


def _decisions(connection: Connection, run: str) -> list[Found]:
    """Those made because of the run, and silences of the same alert and moment: equal ones share a row."""
    own = _rows(connection, select(_decision).where(_decision.c.run == run).order_by(_decision.c.id))
    moments = [(each["alert"], each["at"]) for each in own if each["kind"] == "judged" and each["alert"]]
    if not moments:
        return own
    same = or_(*((_decision.c.alert == alert) & (_decision.c.at == at) for alert, at in moments))
    also = _rows(connection, select(_decision).where(same, _decision.c.kind == "silent", _decision.c.run != run))
    return [*own, *also]


def _silent(row: Found) -> Found:
    return {"at": wire.time_or_none(row["at"]), "channel": row["channel"] or None, "rule": row["rule"],
            "reason": row["reason"], "because": row["because"], "count": row["count"]}  # fmt: skip


def _alerts(connection: Connection, ids: Iterable[str]) -> list[Found]:
    statement = select(_alert).where(_alert.c.id.in_(sorted(ids))).order_by(_alert.c.first_at)
    return [wire.alert_wire(row) for row in _rows(connection, statement)]


def _messages(connection: Connection, ids: Iterable[str]) -> list[Found]:
    """The latest about the alerts, each with the reason for which it was about them."""
    joined = select(_notification, _told.c.reason.label("about_reason")).join(
        _told, _told.c.notification == _notification.c.id
    )
    latest = joined.where(_told.c.alert.in_(sorted(ids))).order_by(_notification.c.number.desc()).limit(_MOST)
    rows = _rows(connection, latest)[::-1]
    owed = deliveries.owed(connection, [row["id"] for row in rows])
    upcoming = {notification: waiting[0]["next_attempt_at"] for notification, waiting in owed.items()}
    return [wire.notification_wire(row, upcoming.get(row["id"])) | {"about": row["about_reason"]} for row in rows]


def _owners(connection: Connection, key: str, ids: set[str]) -> dict[str, str]:
    """Whose deadlines are those of this alert: its own, and those of its conversations, by their channels."""
    body = connection.execute(select(_state.c.body).where(_state.c.key == key)).scalar() if key else None
    if not body:
        return {}
    state: AlertState = alerts.decode_state(body)
    if state.alert_id not in ids:
        return {key: ""}
    return {key: "", **{conversation: channel for channel, conversation in state.lanes.items()}}


def _deadlines(connection: Connection, owners: dict[str, str]) -> list[Found]:
    statement = select(_deadline).where(_deadline.c.owner.in_(sorted(owners))).order_by(_deadline.c.due_at)
    return [
        {"kind": row["kind"], "what": _PLANNED.get(row["kind"], row["kind"]), "channel": owners[row["owner"]] or None,
         "due_at": wire.time_or_none(row["due_at"])}
        for row in _rows(connection, statement)
        if row["kind"] != "trace"
    ]  # fmt: skip


def _rows(connection: Connection, statement: Any) -> list[Found]:
    return [dict(row) for row in connection.execute(statement).mappings()]
