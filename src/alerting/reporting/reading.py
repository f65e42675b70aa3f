"""What does a report need of the store? Counts as they were kept, and rows where only rows can answer."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from alerting.database.port import Connection, Store
from alerting.reporting import rows
from alerting.storage import changes, packs
from alerting.storage.groups import load_aliases
from alerting.storage.rollups import DURATIONS, GROUPS, ROLLUPS, RUNS, TRIES, Rollup
from alerting.storage.schema import GroupAliasRow, LooseRow, QuarantineRow, RunRow, table
from rules.instants import DAY, Instant

if TYPE_CHECKING:
    from reports.frames import Frames
    from reports.period import Period

_run = table(RunRow)


def frames_from(store: Store, period: "Period") -> "Frames":
    """Everything the period and the one before it need: a number of rows that does not grow with that of spans."""
    from reports import frames as shapes

    assert {each.kind: each.columns for each in ROLLUPS} == {
        "runs": shapes.RUNS, "durations": shapes.DURATIONS, "groups": shapes.GROUPS, "tries": shapes.TRIES,
    }  # fmt: skip
    first, until = period.previous().first, period.until
    with store.read() as connection:
        aliases = load_aliases(connection)
        counted = {
            each.kind: shapes.counts_frame(each.columns, _parts(connection, each, first, until, aliases))
            for each in (RUNS, DURATIONS, GROUPS, TRIES)
        }
        ended = rows.ends(connection, period.first - 7 * DAY, until)
        bad = [run for at, run, *_ in ended if run and at >= period.first]
        return shapes.Frames(
            **counted,
            group_info=shapes.frame(shapes.GROUP_INFO, rows.group_info(connection, shapes.GROUP_INFO, first)),
            group_events=shapes.frame(shapes.GROUP_EVENTS, changes.group_events_between(connection, first, until)),
            changes=shapes.frame(shapes.CHANGES, changes.changes_between(connection, first, until)),
            ends=shapes.frame(shapes.ENDS, ended),
            alerts=shapes.frame(shapes.ALERTS, rows.alerts(connection, period.first, until)),
            sample=shapes.frame(shapes.SAMPLE, rows.sample(connection, period.first, until, bad)),
            paths=shapes.frame(shapes.PATHS, rows.paths(connection, first, until)),
            open_runs=_number(connection, select(func.count()).select_from(_run).where(_run.c.outcome == "running")),
            kept_since=_number(connection, select(func.min(_run.c.ended_at)).where(_run.c.ended_at > 0)),
            objectives=[shapes.Objective(*each) for each in rows.objectives(connection)],
            notes=_notes(connection, period.first, until),
        )


def _parts(
    connection: Connection, rollup: Rollup, first: Instant, until: Instant, aliases: dict[str, str]
) -> list[packs.Columns]:
    """Error groups by the one that they belong to by now."""
    found = packs.read(connection, rollup, first, until)
    if rollup is not GROUPS or not aliases:
        return found
    for columns in found:
        texts, kind, codes = columns["error_group"]
        columns["error_group"] = [aliases.get(each, each) for each in texts or ()], kind, codes
    return found


def _notes(connection: Connection, first: Instant, until: Instant) -> dict[str, int]:
    """Counts about the telemetry itself."""
    quarantine, loose = table(QuarantineRow), table(LooseRow)
    within = quarantine.c.at >= first, quarantine.c.at < until
    came = loose.c.received_at >= first, loose.c.received_at < until
    return {
        "quarantined": _number(connection, select(func.count()).select_from(quarantine).where(*within)),
        "orphans": _number(connection, select(func.count()).select_from(loose).where(*came)),
        "aliases": _number(connection, select(func.count()).select_from(table(GroupAliasRow))),
    }


def _number(connection: Connection, statement: Any) -> int:
    return int(connection.execute(statement).scalar() or 0)
