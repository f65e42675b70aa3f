"""What does a decision say to a person? The one translator from alerts to messages, at the moment of sending."""

from sqlalchemy import select

from alerting.database.port import Connection, Store
from alerting.merging import merged
from alerting.storage.alerts import decode_state
from alerting.storage.messages import Owed
from alerting.storage.schema import AlertRow, table
from alerting.wire import alert_wire
from notifiers.message import AlertPart, Message, RunLine
from notifiers.rendering import compose_text
from rules.instants import SECOND, Instant, format_instant
from rules.state import AlertState, Example
from rules.vocabulary import Reason

_alert = table(AlertRow)
_MOST_RUNS = 5


class Composer:
    def __init__(self, store: Store, public_url: str) -> None:
        self._store, self._url = store, public_url.rstrip("/")

    def compose(self, owed: Owed, now: Instant) -> Message:
        """The message for what is owed, from the alert as it stands at ``now``."""
        reason = merged([Reason(each["reason"]) for each in owed.notifications])
        with self._store.read() as connection:
            part = self._part(connection, owed)
        links = {"overview": f"{self._url}/", **part.links}
        title, text = compose_text(reason.value, [part], links)
        head = owed.notifications[0]
        return Message(
            id=head["id"],
            channel=owed.head["channel"],
            reason=reason.value,
            severity=part.severity,
            title=title,
            text=_because_of_fallback(owed) + text,
            alerts=(part,),
            links=links,
            sent_at=format_instant(now),
            conversation=head["conversation"],
        )

    def _part(self, connection: Connection, owed: Owed) -> AlertPart:
        row = connection.execute(select(_alert).where(_alert.c.id == owed.notifications[0]["alert"])).mappings().one()
        state = decode_state(row["body"])
        example = state.examples[0]
        return AlertPart(
            id=state.alert_id,
            rule=state.rule,
            severity=state.severity.value,
            state=state.status.value,
            workflow=example.workflow,
            engine=example.engine,
            environment=example.environment,
            version=example.version,
            step=example.step,
            outcome=example.outcome,
            error_type=example.error_type,
            error_message=example.error_message,
            count=state.count,
            since_last=sum(each["since_last"] for each in owed.notifications),
            first_at=_time(state.first_at),
            last_at=_time(state.last_at),
            resolved_at=_time(state.resolved_at),
            runs=tuple(self._line(each) for each in state.examples[:_MOST_RUNS]),
            links=self._links(state),
            dedup_key=state.dedup_key,
            wire=alert_wire(dict(row)),
        )

    def _line(self, example: Example) -> RunLine:
        url = f"{self._url}/runs/{example.run}"
        return RunLine(example.run, example.workflow, example.run_id, example.outcome, _time(example.at), url)

    def _links(self, state: AlertState) -> dict[str, str]:
        example = state.examples[0]
        links = {
            "alert": f"{self._url}/alerts/{state.alert_id}",
            "run": f"{self._url}/runs/{example.run}",
            "group": f"{self._url}/groups/{example.error_group}",
        }
        return {**links, "source": example.url} if example.url else links


def _because_of_fallback(owed: Owed) -> str:
    asked = owed.notifications[0]["channel"]
    return "" if asked == owed.head["channel"] else f"Told here because channel {asked} could not deliver it.\n\n"


def _time(instant: Instant) -> str:
    """To the second: nobody reads microseconds in a message."""
    return format_instant(instant - instant % SECOND) if instant else ""
