"""What does a decision say to a person? The one translator from alerts to messages, at the moment of sending."""

from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import select

from alerting.database.port import Connection, Store
from alerting.database.statements import chunks
from alerting.storage import messages
from alerting.storage.alerts import decode_state
from alerting.storage.background import failures_by_hour, version_that_went_well
from alerting.storage.messages import Owed
from alerting.storage.schema import AlertRow, table
from alerting.wire import alert_wire
from notifiers.message import AlertPart, Message, RunLine
from notifiers.rendering import worded
from rules.instants import SECOND, Instant, format_instant
from rules.merging import heaviest, merged
from rules.state import AlertState, Example
from rules.vocabulary import Reason, Severity

_alert = table(AlertRow)
_MOST_RUNS = 5


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


def _headline(owed: Owed, abouts: dict[str, _About]) -> Reason:
    """Of one message its own; of several that have to be one, what weighs most now."""
    reasons = [Reason(each["reason"]) for each in owed.notifications]
    if len(reasons) == 1:
        return reasons[0]
    if len(abouts) == 1:
        return merged(reasons)
    of_kind = next((each for each in reasons if each in (Reason.STORM, Reason.DIGEST)), None)
    return of_kind or heaviest(merged(about.reasons) for about in abouts.values())


class Composer:
    def __init__(self, store: Store, public_url: str) -> None:
        self._store, self._url = store, public_url.rstrip("/")

    def compose(self, owed: Owed, now: Instant) -> Message:
        """The message for what is owed, from the alerts as they stand at ``now``."""
        abouts = _abouts(owed)
        with self._store.read() as connection:
            parts = self._parts(connection, abouts)
            hours = failures_by_hour(connection, (str(part.wire["error_group"]) for part in parts), now)
            thread = messages.thread(connection, owed.head)
        head, last = owed.notifications[0], owed.notifications[-1]
        return worded(
            Message(
                id=head["id"],
                channel=owed.head["channel"],
                reason=_headline(owed, abouts).value,
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

    def _parts(self, connection: Connection, abouts: dict[str, _About]) -> tuple[AlertPart, ...]:
        """The worst first, then those that failed most."""
        found: list[AlertPart] = []
        for piece in chunks(sorted(abouts)):
            rows = connection.execute(select(_alert).where(_alert.c.id.in_(piece))).mappings().all()
            found.extend(self._part(connection, dict(row), abouts[row["id"]]) for row in rows)
        order = {alert: number for number, alert in enumerate(abouts)}
        found.sort(key=lambda part: (-Severity(part.severity).rank, -part.count, order[part.id]))
        return tuple(found)

    def _part(self, connection: Connection, row: dict[str, Any], about: _About) -> AlertPart:
        state = decode_state(row["body"])
        example = state.example
        return AlertPart(
            id=state.alert_id,
            rule=state.rule,
            severity=state.severity.value,
            state=state.status.value,
            reason=merged(about.reasons).value,
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
            links=self._links(state),
            dedup_key=state.dedup_key,
            wire=alert_wire(row),
        )

    def _line(self, example: Example) -> RunLine:
        url = f"{self._url}/runs/{example.run}"
        return RunLine(example.run, example.workflow, example.run_id, example.outcome, _time(example.at), url)

    def _links(self, state: AlertState) -> dict[str, str]:
        example = state.example
        links = {"alert": f"{self._url}/alerts/{state.alert_id}"}
        if example.run:
            links["run"] = f"{self._url}/runs/{example.run}"
        if example.error_group:
            links["group"] = f"{self._url}/groups/{example.error_group}"
        return {**links, "source": example.url} if example.url else links


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
