"""Is an alert to be told just now, and if not, what keeps it from that? Maintenance, silences, inhibition, in order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rules.identity import digest
from rules.instants import Instant
from rules.matchers import compile_match
from rules.quiet import Inhibit, Maintenance, SilenceConfig
from rules.state import AlertState
from rules.vocabulary import Silence


@dataclass(slots=True, frozen=True)
class Suppressed:
    """``by``: the id of what suppresses. ``until``: when it ends by itself; 0 where something else must happen."""

    reason: Silence
    by: str
    because: str
    until: Instant = 0


class Suppressions:
    """``starts``: when planned silences and maintenance begin, in order."""

    def __init__(
        self,
        silences: Iterable[SilenceConfig] = (),
        maintenance: Iterable[Maintenance] = (),
        inhibit: Iterable[Inhibit] = (),
    ) -> None:
        self._silences = [(compile_match(each.match), each, silence_id(each)) for each in silences]
        self._maintenance = [(compile_match(each.match), each, silence_id(each)) for each in maintenance]
        self._inhibit = [(compile_match(each.source), compile_match(each.target), each.equal) for each in inhibit]
        begin = {each.starts for _, each, _ in self._silences} | {each.starts for _, each, _ in self._maintenance}
        self.starts = sorted(begin - {0})
        self.any = bool(self._silences or self._maintenance or self._inhibit)

    @property
    def inhibits(self) -> bool:
        return bool(self._inhibit)

    def next_start(self, now: Instant) -> Instant:
        """When something planned begins next; 0 where nothing does."""
        return next((at for at in self.starts if at > now), 0)

    def changed_by(self, before: AlertState, state: AlertState) -> list[str]:
        """Whom to look at again after this change of an alert: those kept quiet by these; by "", those by none."""
        if not self.inhibits:
            return []
        did, does = (each.firing and self._is_source(each) for each in (before, state))
        if does and not did:
            return [""]
        return [state.alert_id] if did and not does and state.firing else []

    def _is_source(self, state: AlertState) -> bool:
        fields = alert_fields(state)
        return any(source.matches(fields) for source, _, _ in self._inhibit)

    def of(self, state: AlertState, firing: Sequence[AlertState], now: Instant) -> Suppressed | None:
        """``firing``: what may inhibit it."""
        if not self.any:
            return None
        fields = alert_fields(state)
        return (
            self._in_maintenance(fields, now)
            or self._silenced(state, fields, now)
            or self._inhibited(state, fields, firing)
        )

    def spent_by(self, state: AlertState) -> tuple[str, ...]:
        """The silences that this alert's end uses up."""
        fields = alert_fields(state)
        return tuple(ident for match, each, ident in self._silences if each.until_resolved and match.matches(fields))

    def _in_maintenance(self, fields: dict[str, str], now: Instant) -> Suppressed | None:
        for match, each, ident in self._maintenance:
            if each.starts <= now < each.until and match.matches(fields):
                return Suppressed(Silence.MAINTENANCE, ident, each.comment or "planned maintenance", each.until)
        return None

    def _silenced(self, state: AlertState, fields: dict[str, str], now: Instant) -> Suppressed | None:
        for match, each, ident in self._silences:
            active = each.starts <= now and (each.until_resolved or now < each.until)
            if active and ident not in state.spent and match.matches(fields):
                return Suppressed(Silence.SILENCED, ident, each.comment, each.until)
        return None

    def _inhibited(self, state: AlertState, fields: dict[str, str], firing: Sequence[AlertState]) -> Suppressed | None:
        for source, target, equal in self._inhibit:
            if not target.matches(fields):
                continue
            for other in firing:
                theirs = alert_fields(other)
                if other.alert_id == state.alert_id or not source.matches(theirs):
                    continue
                if all(fields.get(name, "") == theirs.get(name, "") for name in equal):
                    because = f"while {other.rule} is firing for {other.example.workflow or 'any workflow'}"
                    return Suppressed(Silence.INHIBITED, other.alert_id, because)
        return None


def silence_id(silence: SilenceConfig | Maintenance) -> str:
    """Its own, else one made of what it says."""
    kind = "silence" if isinstance(silence, SilenceConfig) else "maintenance"
    return silence.id or digest(kind, silence.model_dump_json())


def alert_fields(state: AlertState) -> dict[str, str]:
    """An alert as matchers see it: its latest failure, its own severity and its rule."""
    example = state.example
    fields = {
        "workflow": example.workflow,
        "engine": example.engine,
        "environment": example.environment,
        "version": example.version,
        "run_id": example.run_id,
        "step": example.step,
        "outcome": example.outcome,
        "url": example.url,
        "error.type": example.error_type,
        "error.cause_type": example.cause_type,
        "error.message": example.error_message,
        "error.stack": "",
        "severity": state.severity.value,
        "rule": state.rule,
    }
    for name, value in example.labels.items():
        fields[f"labels.{name}"] = value
    return fields
