"""What does a report need of the store? Counts as they were kept, and rows where only rows can answer."""

from dataclasses import replace
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
    from pandas import DataFrame

    from reports.frames import Frames
    from reports.period import Period

_run = table(RunRow)
_BACK = 7 * DAY  # before the period: an incident may have begun there


def frames_from(store: Store, period: "Period") -> "Frames":
    """Everything the period and the one before it need: a number of rows that does not grow with that of spans."""
    with store.read() as connection:
        return completed(connection, period, counted(connection, period))


def counted(connection: Connection, period: "Period") -> "Frames":
    """The counts, and what is found beside them by an index: most sections need no more."""
    from reports import frames as shapes

    assert {each.kind: each.columns for each in ROLLUPS} == {
        "runs": shapes.RUNS, "durations": shapes.DURATIONS, "groups": shapes.GROUPS, "tries": shapes.TRIES,
    }  # fmt: skip
    first, until = period.previous().first, period.until
    aliases = load_aliases(connection)
    counts: dict[str, Any] = {
        each.kind: shapes.counts_frame(each.columns, _parts(connection, each, first, until, aliases))
        for each in (RUNS, DURATIONS, GROUPS, TRIES)
    }
    return shapes.Frames(
        **counts,
        group_info=shapes.frame(shapes.GROUP_INFO, rows.group_info(connection, shapes.GROUP_INFO, first)),
        group_events=shapes.frame(shapes.GROUP_EVENTS, changes.group_events_between(connection, first, until)),
        changes=shapes.frame(shapes.CHANGES, changes.changes_between(connection, first, until)),
        alerts=shapes.frame(shapes.ALERTS, rows.alerts(connection, period.first, until)),
        failing=shapes.frame(shapes.FAILING, _failing(connection, counts["runs"], period)),
        objectives=[shapes.Objective(*each) for each in rows.objectives(connection)],
        complete=False,
    )


def completed(connection: Connection, period: "Period", frames: "Frames") -> "Frames":
    """With the rows that take long."""
    from reports import frames as shapes

    until = period.until
    ended = rows.ends(connection, period.first - _BACK, until)
    bad = [run for at, run, *_ in ended if run and at >= period.first]
    return replace(
        frames,
        ends=shapes.frame(shapes.ENDS, ended),
        sample=shapes.frame(shapes.SAMPLE, rows.sample(connection, period.first, until, bad)),
        paths=shapes.frame(shapes.PATHS, rows.paths(connection, period.previous().first, until)),
        open_runs=_number(connection, select(func.count()).select_from(_run).where(_run.c.outcome == "running")),
        kept_since=_number(connection, select(func.min(_run.c.ended_at)).where(_run.c.ended_at > 0)),
        notes=_notes(connection, period.first, until),
        complete=True,
    )


def _failing(connection: Connection, runs: "DataFrame", period: "Period") -> rows.Rows:
    """Counts name the few workflows to look at, unless some of them were folded into one."""
    from reports.counting import suspected

    since = period.first - _BACK
    folded = packs.OTHER in {*runs.workflow.cat.categories, *runs.environment.cat.categories}
    pairs = rows.everywhere(connection) if folded else suspected(runs, since)
    return rows.failing(connection, pairs, since, period.until)


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
