"""How long did the runs of each workflow take, good and bad apart, now and before?"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from reports.distributions import LEAST, histograms, longest, quantile_interval, quantiles
from reports.sections.context import Context
from reports.statistics.arrays import Floats, Ints

MOST = 20
JUDGED = (0.95, 0.5)  # the tail first: it moves earlier than the middle
NAMES = {0.5: "p50", 0.95: "p95", 0.99: "p99"}
SLOWER, FASTER, NO_EVIDENCE, TOO_FEW = "slower", "faster", "no evidence of a change", "too few runs"
Row = dict[str, Any]


@dataclass(slots=True)
class Spread:
    """For each of the workflows twice, its bad and its good runs: the number, and durations in µs."""

    n: Ints
    longest: Floats
    at: dict[float, Floats]
    low: dict[float, Floats]
    high: dict[float, Floats]


def rows(context: Context) -> list[Row]:
    """The workflows with most runs that had a known start, good runs before bad ones. Durations are in µs, None where
    too few runs tell them."""
    names = _largest(context.now.durations)
    now, before = _spread(context.now.durations, names), _spread(context.before.durations, names)
    return [
        _row(name, good, now, before, 2 * place + good)
        for place, name in enumerate(names)
        for good in (True, False)
        if now.n[2 * place + good]
    ]


def slowdowns(found: list[Row]) -> list[Row]:
    """Good runs that became slower, the most so first."""
    return sorted(_changed(found, SLOWER), key=lambda row: (-row["drift"]["ratio"], row["workflow"]))


def speedups(found: list[Row]) -> list[Row]:
    return sorted(_changed(found, FASTER), key=lambda row: (row["drift"]["ratio"], row["workflow"]))


def places_of(rows: pd.DataFrame, names: list[str]) -> Ints:
    """The place of each row's workflow among the names, −1 where it is none of them."""
    categories = rows.workflow.cat.categories
    of = np.append(pd.Index(names, dtype="object").get_indexer(categories), -1).astype(np.int64)
    return of[rows.workflow.cat.codes.to_numpy()]


def _changed(found: list[Row], verdict: str) -> list[Row]:
    return [row for row in found if row["good"] and row["drift"]["verdict"] == verdict]


def _largest(durations: pd.DataFrame) -> list[str]:
    names = durations.workflow.cat.categories
    codes = durations.workflow.cat.codes.to_numpy()
    totals = np.bincount(codes, weights=durations.n.to_numpy(), minlength=len(names))
    order = np.lexsort((np.array(names, dtype=str), -totals))[:MOST]
    return [str(names[place]) for place in order if totals[place] > 0]


def _spread(durations: pd.DataFrame, names: list[str]) -> Spread:
    places = places_of(durations, names)
    places = np.where(places < 0, -1, 2 * places + durations.good.to_numpy())
    counts = histograms(places, 2 * len(names), durations["bin"].to_numpy(), durations.n.to_numpy())
    n = counts.sum(axis=1)
    at = {q: np.where(n >= least, quantiles(counts, q), np.nan) for q, least in LEAST.items()}
    ends = {q: quantile_interval(counts, q) for q in JUDGED}
    return Spread(
        n, longest(counts), at, {q: low for q, (low, _) in ends.items()}, {q: h for q, (_, h) in ends.items()}
    )


def _row(name: str, good: bool, now: Spread, before: Spread, place: int) -> Row:
    return {
        "workflow": name,
        "good": good,
        **_plain(now, place),
        "before": _plain(before, place),
        "drift": _drift(now, before, place),
    }


def _plain(spread: Spread, place: int) -> Row:
    told = {NAMES[q]: _known(values[place]) for q, values in spread.at.items()}
    return {"n": int(spread.n[place]), **told, "max": _known(spread.longest[place])}


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _drift(now: Spread, before: Spread, place: int) -> Row:
    """Slower or faster if the quantile's intervals of both periods have nothing in common."""
    able = [q for q in JUDGED if not math.isnan(now.at[q][place] + before.at[q][place])]
    if not able:
        return {"quantile": None, "ratio": None, "verdict": TOO_FEW}
    verdicts = [(q, _verdict(now, before, q, place)) for q in able]
    q, verdict = next((each for each in verdicts if each[1] != NO_EVIDENCE), verdicts[0])
    ratio = _ratio(float(now.at[q][place]), float(before.at[q][place]))
    return {"quantile": NAMES[q], "ratio": ratio, "verdict": verdict}


def _verdict(now: Spread, before: Spread, q: float, place: int) -> str:
    if now.low[q][place] > before.high[q][place]:
        return SLOWER
    return FASTER if now.high[q][place] < before.low[q][place] else NO_EVIDENCE


def _ratio(now: float, before: float) -> float | None:
    return now / before if before else None
