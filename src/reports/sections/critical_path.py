"""Which steps do the runs wait for? Shares of the critical path, of bad runs beside good ones."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from reports.charts.colours import BLUE, RED
from reports.charts.spec import ChartSpec, Series
from reports.model import Table
from reports.sections.context import Context
from reports.statistics import benjamini_hochberg
from reports.statistics.arrays import Floats
from reports.wording import number

MOST_RUNS = 200  # of one kind; the newest
LEAST_RUNS = 10  # fewer do not carry a bootstrap
_WORKFLOWS, _MOST_STEPS, _DRAWS, _SEED = 5, 10, 999, 20_260_101
_LEAST_SAID = 0.05  # of a run's time: less is not worth a sentence
_LEAST_DEVIATION = 1e-9
Row = dict[str, Any]


def rows(context: Context) -> list[Row]:
    """The steps of the workflows with most kept traces. ``good``, ``bad``, ``before`` (good runs of the period before):
    mean share of the run's time, None without runs; ``apart`` = bad − good and ``drift`` = good − before, each with a
    95 % bootstrap interval over runs (Efron's percentiles) and the q of "no difference" over all steps told
    (Benjamini-Hochberg, from the bootstrap's deviation), None below ten runs on a side."""
    now = context.rows(context.frames.paths)
    before = context.rows(context.frames.paths, context.before.period)
    largest = (
        now.drop_duplicates("run").workflow.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    )
    none, redraws = before.iloc[:0], Redraws()
    earlier = dict(iter(before[before.bad == 0].groupby("workflow")))
    of = dict(iter(now.groupby("workflow")))
    found = [
        row for name in largest.index[:_WORKFLOWS] for row in _steps(name, of[name], earlier.get(name, none), redraws)
    ]
    for kind in ("apart", "drift"):
        pairs = [row[kind] for row in found if row[kind]]
        for pair, q in zip(pairs, benjamini_hochberg([pair.pop("p") for pair in pairs]), strict=True):
            pair["q"] = q
    return found


def _steps(name: str, now: pd.DataFrame, before: pd.DataFrame, redraws: "Redraws") -> list[Row]:
    steps = sorted(map(str, now.step.unique()))
    good, bad, earlier = (_matrix(rows, steps) for rows in (now[now.bad == 0], now[now.bad == 1], before))
    apart, drift = redraws.difference(bad, good), redraws.difference(good, earlier)
    made: list[Row] = [
        {
            "workflow": name, "step": step, "good": _mean(good, place), "bad": _mean(bad, place),
            "before": _mean(earlier, place), "good_runs": len(good), "bad_runs": len(bad), "before_runs": len(earlier),
            "apart": _pair(apart, place), "drift": _pair(drift, place),
        }
        for place, step in enumerate(steps)
    ]  # fmt: skip
    return sorted(made, key=lambda row: (-max(row["good"] or 0, row["bad"] or 0), row["step"]))[:_MOST_STEPS]


def _matrix(rows: pd.DataFrame, steps: list[str]) -> Floats:
    """[run, step]: shares of the newest runs; a step that a run did not wait for has none of it."""
    newest = rows[["run", "at"]].drop_duplicates("run").sort_values(["at", "run"], ascending=False).run[:MOST_RUNS]
    runs, places = (
        pd.Index(newest).get_indexer(pd.Index(rows.run)),
        pd.Index(steps, dtype="object").get_indexer(pd.Index(rows.step)),
    )
    known = (runs >= 0) & (places >= 0)
    flat = runs[known] * len(steps) + places[known]
    shares = np.bincount(flat, weights=rows.share.to_numpy()[known], minlength=len(newest) * len(steps))
    return shares.astype(float).reshape(len(newest), len(steps))


def _mean(matrix: Floats, place: int) -> float | None:
    return float(matrix[:, place].mean()) if len(matrix) else None


@dataclass(slots=True)
class Difference:
    """Of two means, for each step: its value, the ends of its interval, and p of "none"."""

    value: Floats
    low: Floats
    high: Floats
    p: Floats


class Redraws:
    """Runs drawn again with replacement: how often each is in each draw. One workflow's draws serve another with as
    many runs; the two sides of a difference have their own."""

    def __init__(self) -> None:
        self._chance = np.random.default_rng(_SEED)
        self._times: dict[tuple[str, int], Floats] = {}

    def difference(self, one: Floats, other: Floats) -> Difference | None:
        """For each step."""
        if min(len(one), len(other)) < LEAST_RUNS:
            return None
        drawn = self._means("one", one) - self._means("other", other)
        low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
        value = one.mean(axis=0) - other.mean(axis=0)
        deviation = np.maximum(drawn.std(axis=0), _LEAST_DEVIATION)
        return Difference(value, low, high, 2 * norm.sf(np.abs(value) / deviation))

    def _means(self, side: str, matrix: Floats) -> Floats:
        """[draw, step]"""
        n = len(matrix)
        if (side, n) not in self._times:
            drawn = self._chance.integers(0, n, (_DRAWS, n)) + n * np.arange(_DRAWS)[:, None]
            times = np.bincount(drawn.ravel(), minlength=_DRAWS * n).reshape(_DRAWS, n)
            self._times[side, n] = times.astype(float)
        means: Floats = self._times[side, n] @ matrix / n
        return means


def _pair(found: Difference | None, place: int) -> Row | None:
    if found is None:
        return None
    interval = [float(found.low[place]), float(found.high[place])]
    return {"value": float(found.value[place]), "interval": interval, "p": float(found.p[place])}


def sentences(found: list[Row]) -> list[str]:
    """Of the step in which bad runs differ most, and of the one that grew most; only what is beyond chance."""
    said = []
    for name, text in (("apart", _apart), ("drift", _drift)):
        sure = [row for row in found if row[name] and row[name]["value"] >= _LEAST_SAID and row[name]["q"] <= 0.05]
        if sure:
            said.append(text(max(sure, key=lambda row: row[name]["value"])))
    return said


def _apart(row: Row) -> str:
    return (
        f"Bad runs of {row['workflow']} wait more for {_step(row['step'])}: {_whole(row['bad'])} of their time "
        f"on the critical path, {_whole(row['good'])} in good ones."
    )


def _drift(row: Row) -> str:
    return (
        f"In good runs of {row['workflow']}, the share of {_step(row['step'])} grew "
        f"from {_whole(row['before'])} to {_whole(row['good'])}."
    )


def charts(found: list[Row]) -> list[ChartSpec]:
    """The workflow with most kept traces."""
    shown = [row for row in found if row["workflow"] == found[0]["workflow"]]
    if not shown:
        return []
    names = [_step(row["step"]) for row in shown]
    series = [
        Series("bar", f"{kind} runs", [100 * row[kind] for row in shown], names, colour)
        for kind, colour in (("good", BLUE), ("bad", RED))
        if shown[0][kind] is not None
    ]
    title = f"Critical path of {shown[0]['workflow']}"
    return [ChartSpec(title, _summary(shown), series, horizontal=True, x_title="mean share of a run's time, %")]


def _summary(shown: list[Row]) -> str:
    kind = "good" if shown[0]["good"] is not None else "bad"
    top = max(shown, key=lambda row: row[kind])
    return f"{_step(top['step'])} takes most of the critical path of {kind} runs: {_whole(top[kind])}."


def tables(found: list[Row]) -> list[Table]:
    columns = ["Workflow", "Step", "Good runs", "Bad runs", "Bad less good", "Good before", "Good less before"]
    shown = [
        [row["workflow"], _step(row["step"]), _whole(row["good"]), _whole(row["bad"]), _said(row["apart"]),
         _whole(row["before"]), _said(row["drift"])]
        for row in found
    ]  # fmt: skip
    return [Table("Mean share of a run's time on its critical path, by step", columns, shown)] if shown else []


def notes(found: list[Row]) -> list[str]:
    firsts = {row["workflow"]: row for row in found}.values()
    return [
        f"The critical path of {row['workflow']} is from kept traces: {number(row['good_runs'], 'good run')} and "
        f"{number(row['bad_runs'], 'bad one')}."
        for row in firsts
    ]


def _step(step: str) -> str:
    return step or "(the run itself)"


def _whole(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.0f} %"


def _said(pair: Row | None) -> str:
    if pair is None:
        return "too few runs"
    low, high = pair["interval"]
    return f"{pair['value'] * 100:+.0f} ({low * 100:+.0f} to {high * 100:+.0f}) points"
