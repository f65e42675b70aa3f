"""What do bad runs have in common? Attribute values that are commoner among them, within strata such as workflows."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.stats import hypergeom
from statsmodels.stats.contingency_tables import StratifiedTable

from reports.statistics.arrays import Bools, Ints
from reports.statistics.shares import Share, benjamini_hochberg

LEAST_SUPPORT = 10  # runs that have the value
MOST_Q = 0.05
ALIKE = 0.95  # Jaccard index above which two values are one


@dataclass(slots=True, frozen=True)
class Lead:
    """``odds_ratio`` with 95 % limits is the common one of all strata; ``same`` are values of nearly the same runs."""

    value: str
    same: tuple[str, ...]
    having: Share
    lacking: Share
    odds_ratio: float
    low: float
    high: float
    p: float
    q: float


@dataclass(slots=True)
class _Value:
    """An attribute value with its runs, and those values that are folded into it."""

    name: str
    rows: Bools
    support: int
    same: list[str] = field(default_factory=list)


def leads(bad: Bools, strata: Ints, attributes: Mapping[str, Bools]) -> list[Lead]:
    """The values with q ≤ 5 %, the surest and strongest (greatest lower limit) first.

    ``bad`` and every vector of ``attributes`` (by "attribute=value") have a place for each run, ``strata`` the number
    of its stratum, from 0. A value is asked about if at least ten runs have it and some stratum could tell; q is over
    all that are asked about.
    """
    _check(bad, strata, attributes)
    values = _folded(attributes)
    tables = [(value, _telling(bad, strata, value.rows)) for value in values]
    asked = [(value, table) for value, table in tables if len(table)]
    ps = [exact_p(table) if _promising(table) else 1.0 for _, table in asked]
    found = [
        replace(_lead(value, table, bad), p=p, q=q)
        for (value, table), p, q in zip(asked, ps, benjamini_hochberg(ps), strict=True)
        if q <= MOST_Q
    ]
    return sorted(found, key=lambda lead: (-lead.low, lead.value))


def exact_p(tables: Ints) -> float:
    """One-sided p of "the value does not go with bad runs", given all margins of ``tables[stratum, having, bad]``.

    Fisher's exact test; of several strata the sum of their hypergeometric counts (Mehta, Patel and Gray 1985).
    """
    bad, having, runs = _margins(tables)
    seen = int(tables[:, 1, 1].sum())
    least, most = np.maximum(0, bad + having - runs), np.minimum(bad, having)
    counts = np.arange(int((most - least).max()) + 1)
    each = np.asarray(hypergeom.pmf(least[:, None] + counts, runs[:, None], bad[:, None], having[:, None]))
    total = np.ones(1)
    for chances, width in zip(each, most - least, strict=True):
        total = np.convolve(total, chances[: int(width) + 1])
    return min(1.0, float(total[seen - int(least.sum()) :].sum()))


def odds_ratio(tables: Ints) -> tuple[float, float, float]:
    """Of ``tables[stratum, having, bad]``: the common odds ratio of Mantel and Haenszel (1959), and its 95 % interval
    (Robins, Breslow and Greenland 1986). Where a sum is empty, ½ is added to every cell (Haldane 1956)."""
    runs = tables.sum(axis=(1, 2))
    up = float((tables[:, 1, 1] * tables[:, 0, 0] / runs).sum())
    down = float((tables[:, 1, 0] * tables[:, 0, 1] / runs).sum())
    cells = tables if up and down else tables + 0.5
    stratified = StratifiedTable([cell[::-1, ::-1] for cell in cells.astype(float)])
    low, high = stratified.oddsratio_pooled_confint()
    return float(stratified.oddsratio_pooled), float(low), float(high)


def _margins(tables: Ints) -> tuple[Ints, Ints, Ints]:
    return tables[:, :, 1].sum(axis=1), tables[:, 1].sum(axis=1), tables.sum(axis=(1, 2))


def _promising(tables: Ints) -> bool:
    """Whether the exact test is worth its time: the normal one (Cochran 1954) makes p less than about 0.12."""
    bad, having, runs = _margins(tables)
    above = float(tables[:, 1, 1].sum() - (bad * having / runs).sum())
    variance = float((bad * having / runs * (runs - bad) / runs * (runs - having) / (runs - 1)).sum())
    return above > 1.2 * math.sqrt(variance)


def _check(bad: Bools, strata: Ints, attributes: Mapping[str, Bools]) -> None:
    for name, rows in {"strata": strata, **attributes}.items():
        if len(rows) != len(bad):
            raise ValueError(f"{name} has {len(rows)} places and bad {len(bad)}: give one for each run")


def _folded(attributes: Mapping[str, Bools]) -> list[_Value]:
    """Values with support, those of nearly the same runs folded into the first of them.

    Sets whose sizes are further apart than ``ALIKE`` cannot be alike, so going by size each meets only its like.
    """
    sized = [_Value(name, rows, int(rows.sum())) for name, rows in attributes.items()]
    kept: list[_Value] = []
    for value in sorted(sized, key=lambda each: each.support):
        if value.support < LEAST_SUPPORT:
            continue
        like = next((each for each in reversed(kept) if _alike(each, value)), None)
        if like:
            like.same.append(value.name)
        else:
            kept.append(value)
    return kept


def _alike(one: _Value, other: _Value) -> bool:
    if min(one.support, other.support) <= ALIKE * max(one.support, other.support):
        return False
    both = int(np.count_nonzero(one.rows & other.rows))
    return both > ALIKE * (one.support + other.support - both)


def _telling(bad: Bools, strata: Ints, rows: Bools) -> Ints:
    """Counts[stratum, having, bad] of the strata in which the value and the outcome both vary."""
    size = int(strata.max(initial=-1)) + 1
    cells = np.bincount(strata * 4 + rows * 2 + bad, minlength=size * 4).reshape(size, 2, 2)
    varies = (cells.sum(axis=1) > 0).all(axis=1) & (cells.sum(axis=2) > 0).all(axis=1)
    return np.asarray(cells[varies], dtype=np.int64)


def _lead(value: _Value, table: Ints, bad: Bools) -> Lead:
    ratio, low, high = odds_ratio(table)
    having = Share(int(np.count_nonzero(bad & value.rows)), value.support)
    lacking = Share(int(np.count_nonzero(bad)) - having.bad, len(bad) - value.support)
    return Lead(value.name, tuple(value.same), having, lacking, ratio, low, high, math.nan, math.nan)
