"""What is a report made from? Narrow tables of counts, as the shell reads them from its rollups, and rows where only
rows can answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

CELL = ("bucket", "engine", "workflow", "environment", "version", "severity")
RUNS = (*CELL, "outcome", "n", "healed", "late", "skewed", "busy", "waste")
DURATIONS = (*CELL, "good", "bin", "n")
GROUPS = (*CELL, "error_group", "n", "waste")
TRIES = (*CELL, "step", "error_type", "attempt", "then", "n", "waste", "delay")
GROUP_INFO = (
    "id", "workflow", "step", "error_type", "error_message", "count", "first_seen", "last_seen", "state", "resolved_at",
    "resolved_version",
)  # fmt: skip
GROUP_EVENTS = ("at", "error_group", "kind", "version")
CHANGES = ("at", "kind", "title", "version", "environment", "workflows", "url")
ENDS = ("at", "run", "workflow", "environment", "version", "severity", "outcome")
FAILING = ENDS
ALERTS = ("alert", "workflow", "environment", "first_at", "fired_at", "sent_at", "acted_at", "resolved_at")
SAMPLE = ("run", "at", "workflow", "environment", "version", "outcome", "severity", "error_group", "attributes")
PATHS = ("run", "at", "workflow", "environment", "version", "bad", "step", "share")
COUNTED = frozenset({"n", "healed", "late", "skewed", "busy", "waste", "delay"})
WHOLE = COUNTED | frozenset({
    "bucket", "bin", "good", "bad", "attempt", "count", "at",
    "first_seen", "last_seen", "resolved_at", "first_at", "fired_at", "sent_at", "acted_at",
})  # fmt: skip
_TYPES = {"share": "float64"}
_NARROW: dict[str, Any] = {"bin": "int16", "good": "int8"}  # of the largest table
Rows = Sequence[tuple[Any, ...]]
Column = tuple[list[str] | None, str, bytes]  # texts of a text column, the type of its numbers (b, h, i, q), these
Part = Mapping[str, Column]


@dataclass(slots=True, frozen=True)
class Objective:
    """The runs of the workflows that ``workflow`` (a glob) names are to end well in a share of ``target``."""

    workflow: str
    target: float


@dataclass(slots=True)
class Frames:
    """``bucket`` is the start, in µs, of the quarter hour in which runs ended; all instants and durations are in µs.

    Counts, kept for as long as there are reports. ``runs``: ``healed`` of n were tried more than once and ended well,
    ``late`` came more than a minute after their end, ``skewed`` ended more than a second after they came; ``busy`` is
    the sum of their durations, ``waste`` of what was spent for nothing. ``durations``: ``bin`` as ``sketch`` has it,
    ``good`` 1 or 0. ``groups``: bad runs by what caused them. ``tries``: tries that failed, of steps ("": of the whole
    run), ``attempt`` from 1; ``then`` the next one passed or failed, or there was none (ended); ``waste`` is how long
    they took, ``delay`` what a run that ended well lost by them.

    Rows. ``group_info``, ``group_events`` (new, resolved, regressed…), ``changes`` and ``alerts`` as their columns say;
    ``failing``: the latest run of each workflow and environment, where it was a bad one; ``ends``: every bad run, and
    each good one right after a bad one of its workflow, in order; ``sample``: bad runs and good ones of the same
    workflows with their attributes (a dict of text); ``paths``: of runs whose trace was kept, for each step on the
    critical path the share (0 to 1) of the run's time that is the step's own there, ``bad`` 1 or 0, ``step`` "" for the
    run itself.

    ``open_runs`` had not ended when the tables were read. ``kept_since``: rows of runs reach back so far. ``notes``:
    counts about the telemetry itself, by name.

    Where they are not ``complete``, what takes long was not read: ``ends``, ``sample``, ``paths``, and what stands
    after them."""

    runs: pd.DataFrame
    durations: pd.DataFrame
    groups: pd.DataFrame
    tries: pd.DataFrame
    group_info: pd.DataFrame
    group_events: pd.DataFrame
    changes: pd.DataFrame
    alerts: pd.DataFrame
    failing: pd.DataFrame
    objectives: list[Objective] = field(default_factory=list)
    ends: pd.DataFrame = field(default_factory=lambda: frame(ENDS))
    sample: pd.DataFrame = field(default_factory=lambda: frame(SAMPLE))
    paths: pd.DataFrame = field(default_factory=lambda: frame(PATHS))
    open_runs: int = 0
    kept_since: int = 0
    notes: dict[str, int] = field(default_factory=dict)
    complete: bool = True


def frame(names: Sequence[str], rows: Rows = ()) -> pd.DataFrame:
    """A table of rows; text columns of counts as categories."""
    made = pd.DataFrame.from_records(list(rows), columns=list(names))
    return made.astype({name: _TYPES.get(name, "int64" if name in WHOLE else "object") for name in names})


def counts_frame(names: Sequence[str], parts: Sequence[Part]) -> pd.DataFrame:
    """A table of counts out of parts, column by column. Text columns become categoricals."""
    return pd.DataFrame({name: _column(name, parts) for name in names}, copy=False)


def _column(name: str, parts: Sequence[Part]) -> Any:
    rows = [np.frombuffer(body, dtype=np.dtype(kind)) for _, kind, body in (part[name] for part in parts)]
    if name in WHOLE:
        kind = _NARROW.get(name, "int64")
        return np.concatenate(rows, dtype=kind) if rows else np.zeros(0, dtype=kind)
    places: dict[str, int] = {}
    into = [[places.setdefault(text, len(places)) for text in part[name][0] or ()] for part in parts]
    width = np.min_scalar_type(-max(1, len(places)))
    codes = [np.array(own, dtype=width)[numbers] for own, numbers in zip(into, rows, strict=True) if own]
    joined = np.concatenate(codes) if codes else np.zeros(0, dtype="int8")
    return pd.Categorical.from_codes(joined, categories=pd.Index(list(places), dtype="object"))


def part_of(names: Sequence[str], rows: Rows) -> Part:
    """Rows in the form of a part."""
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return {name: _packed(name, values) for name, values in zip(names, columns, strict=True)}


def _packed(name: str, values: Sequence[Any]) -> Column:
    if name in WHOLE:
        return None, "q", np.array(values, dtype="int64").tobytes()
    places: dict[str, int] = {}
    codes = [places.setdefault(value, len(places)) for value in values]
    return list(places), "i", np.array(codes, dtype="int32").tobytes()


def frames_of(
    runs: Rows = (), durations: Rows = (), groups: Rows = (), group_info: Rows = (), tries: Rows = (), **more: Any
) -> Frames:
    """Frames out of plain rows, in the order of the columns above; ``more`` are further fields, rows among them."""
    counted = {"runs": (RUNS, runs), "durations": (DURATIONS, durations), "groups": (GROUPS, groups),
               "tries": (TRIES, tries)}  # fmt: skip
    tables: dict[str, Any] = {
        name: counts_frame(names, [part_of(names, rows)]) for name, (names, rows) in counted.items()
    }
    listed = {"group_events": GROUP_EVENTS, "changes": CHANGES, "ends": ENDS, "alerts": ALERTS, "sample": SAMPLE,
              "paths": PATHS, "failing": FAILING}  # fmt: skip
    rowed: dict[str, Any] = {name: frame(names, more.pop(name, ())) for name, names in listed.items()}
    return Frames(**tables, group_info=frame(GROUP_INFO, group_info), **rowed, **more)
