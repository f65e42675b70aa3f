"""What does a decision say to a person? The one translator from alerts to messages, at the moment of sending."""

from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import select

from alerting.database.port import Connection, Store
from alerting.database.statements import chunks
from alerting.links import ACKNOWLEDGE, SILENCE, Links
from alerting.storage import messages, report_words, reports
from alerting.storage.alerts import decode_state
from alerting.storage.background import failures_by_hour, has_trace, version_that_went_well
from alerting.storage.messages import Owed
from alerting.storage.schema import AlertRow, table
from alerting.wire import alert_wire
from notifiers.message import AlertPart, Message, Passage, RunLine
from notifiers.rendering import worded
from rules.drills import is_drill
from rules.instants import SECOND, Instant, format_instant
from rules.merging import heaviest, merged
from rules.state import AlertState, Example
from rules.vocabulary import Reason, Severity

_alert = table(AlertRow)
_MOST_RUNS = 5
_TOGETHER = frozenset({Reason.STORM, Reason.DIGEST})
_BEGINNINGS = frozenset({Reason.FIRST, Reason.LATE, Reason.NEW_MEMBERS, Reason.REOPENED})


@dataclass(slots=True)
class _About:
    """What is unsaid of one alert: its reasons, oldest first."""

    reasons: list[Reason] = field(default_factory=list)
    since_last: int = 0


def _abouts(owed: Owed) -> dict[str, _About]:
    found: dict[str, _About] = {}
    for each in owed.notifications:
        told = msgspec.json.decode(each["about"] or "[]", type=list[tuple[str, str, int]])
        for alert, reason, since_last in told or [(each["alert"], each["reason"], each["since_last"])]:
            about = found.setdefault(alert, _About())
            about.reasons.append(Reason(reason))
            about.since_last += since_last
    return found


def _headline(owed: Owed, abouts: dict[str, _About], over: bool) -> Reason:
    """Of one message its own; of several that have to be one, what weighs most now. ``over``: all of it has ended."""
    reasons = [Reason(each["reason"]) for each in owed.notifications]
    if over and not _TOGETHER & set(reasons):
        return merged([*reasons, Reason.RESOLVED])
    if len(reasons) == 1:
        return reasons[0]
    if len(abouts) == 1:
        return merged(reasons)
    of_kind = next((each for each in reasons if each in _TOGETHER), None)
    return of_kind or heaviest(merged(about.reasons) for about in abouts.values())


class Composer:
    """Without ``links`` messages lead to pages alone."""

    def __init__(self, store: Store, public_url: str, links: Links | None = None) -> None:
        self._store, self._url, self._acting = store, public_url.rstrip("/"), links

    def compose(self, owed: Owed, now: Instant) -> Message:
        """The message for what is owed, from the alerts as they stand at ``now``."""
        if owed.notifications[-1]["report"]:
            return self._of_report(owed, now)
        abouts = _abouts(owed)
        with self._store.read() as connection:
            parts = self._parts(connection, abouts, now)
            hours = failures_by_hour(connection, (str(part.wire["error_group"]) for part in parts), now)
            thread = messages.thread(connection, owed.head)
        head, last = owed.notifications[0], owed.notifications[-1]
        over = _is_anew(owed) and all(part.resolved_at for part in parts)
        reason = _marked(_headline(owed, abouts, over), all(part.drill for part in parts))
        return worded(
            Message(
                id=head["id"],
                channel=owed.head["channel"],
                reason=reason.value,
                severity=parts[0].severity,
                title="",
                text="",
                alerts=parts,
                links={"overview": f"{self._url}/", **(parts[0].links if len(parts) == 1 else {})},
                sent_at=format_instant(now),
                conversation=head["conversation"],
                others=last["others"],
                ends=not last["others"] and all(part.resolved_at for part in parts),
                note=_because_of_fallback(owed),
                hours=hours,
                thread=thread,
            )
        )

    def _of_report(self, owed: Owed, now: Instant) -> Message:
        """The latest that is owed; it stands in for those before."""
        last = owed.notifications[-1]
        with self._store.read() as connection:
            told = report_words.decoded(reports.told_of(connection, last["report"]))
        message = Message(
            id=last["id"],
            channel=owed.head["channel"],
            reason=Reason.REPORT.value,
            severity=last["severity"],
            title=told.title,
            text="",
            alerts=(),
            links={"report": f"{self._url}/reports/{last['report']}"},
            sent_at=format_instant(now),
            conversation=last["conversation"],
            ends=True,
            note=_because_of_fallback(owed),
            passages=(Passage("", told.text), *told.passages),
        )
        return worded(message)

    def _parts(self, connection: Connection, abouts: dict[str, _About], now: Instant) -> tuple[AlertPart, ...]:
        """The worst first, then those that failed most."""
        found: list[AlertPart] = []
        for piece in chunks(sorted(abouts)):
            rows = connection.execute(select(_alert).where(_alert.c.id.in_(piece))).mappings().all()
            found.extend(self._part(connection, dict(row), abouts[row["id"]], now) for row in rows)
        order = {alert: number for number, alert in enumerate(abouts)}
        found.sort(key=lambda part: (-Severity(part.severity).rank, -part.count, order[part.id]))
        return tuple(found)

    def _part(self, connection: Connection, row: dict[str, Any], about: _About, now: Instant) -> AlertPart:
        state = decode_state(row["body"])
        example, drill = state.example, is_drill(state.example.labels)
        return AlertPart(
            id=state.alert_id,
            rule=state.rule,
            severity=state.severity.value,
            state=state.status.value,
            reason=_marked(merged(about.reasons), drill).value,
            workflow=example.workflow,
            engine=example.engine,
            environment=example.environment,
            version=example.version,
            previous_version=_version_before(connection, example),
            step=example.step,
            outcome=example.outcome,
            error_type=example.error_type,
            error_message=example.error_message,
            cause=example.cause,
            count=state.count,
            since_last=about.since_last,
            first_at=_time(state.first_at),
            last_at=_time(state.last_at),
            resolved_at=_time(state.resolved_at),
            acknowledged_by=state.acknowledged_by,
            team=state.team,
            mention=state.mention,
            evidence=state.evidence,
            runs=tuple(self._line(each) for each in state.examples[:_MOST_RUNS] if each.run),
            links=self._links(connection, state, now),
            dedup_key=state.dedup_key,
            drill=drill,
            wire=alert_wire(row),
        )

    def _line(self, example: Example) -> RunLine:
        url = f"{self._url}/runs/{example.run}"
        return RunLine(example.run, example.workflow, example.run_id, example.outcome, _time(example.at), url)

    def _links(self, connection: Connection, state: AlertState, now: Instant) -> dict[str, str]:
        example = state.example
        links = {"alert": f"{self._url}/alerts/{state.alert_id}"}
        if example.run:
            links["run"] = f"{self._url}/runs/{example.run}"
        if example.run and has_trace(connection, example.run):
            links["trace"] = f"{self._url}/runs/{example.run}#steps"
        if example.error_group:
            links["group"] = f"{self._url}/groups/{example.error_group}"
        if example.url:
            links["source"] = example.url
        return {**links, **self._acting_links(state, now)}

    def _acting_links(self, state: AlertState, now: Instant) -> dict[str, str]:
        """What can be done still."""
        if self._acting is None or not state.firing:
            return {}
        actions = (SILENCE,) if state.acknowledged_by else (ACKNOWLEDGE, SILENCE)
        return {action: self._acting.url(action, state.alert_id, now) for action in actions}


def _is_anew(owed: Owed) -> bool:
    """Owed later than it was decided, to a fallback or once more: meanwhile it may have ended, and been told so."""
    return bool(owed.head["created_at"] > owed.notifications[0]["created_at"])


def _marked(reason: Reason, drill: bool) -> Reason:
    """What begins in a drill is told as one."""
    return Reason.DRILL if drill and reason in _BEGINNINGS else reason


def _because_of_fallback(owed: Owed) -> str:
    asked = owed.notifications[0]["channel"]
    return "" if asked == owed.head["channel"] else f"Told here because channel {asked} could not deliver it."


def _version_before(connection: Connection, example: Example) -> str:
    if not example.version:
        return ""
    return version_that_went_well(connection, example.workflow, example.environment)


def _time(instant: Instant) -> str:
    """To the second: nobody reads microseconds in a message."""
    return format_instant(instant - instant % SECOND) if instant else ""
