"""In which hours did far more fail than in the same hour of other weeks?"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binom

from reports.statistics import LEAST_BAD

HOUR = 3_600_000_000
_UNLIKELY = 1e-4


def outbursts(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Which of the ``rows`` (bucket in µs, hour of the week, stratum, bad, n) lie in an outburst of their stratum or of
    all together: an hour with at least five bad runs, and more than the median share of the same hour of the week over
    all weeks and the share of all hours allow (binomial, p < 0.01 %). What comes every week moves that median, and is
    none."""
    if rows.empty:
        return np.zeros(0, dtype=np.bool_)
    return _of_strata(rows) | _of_strata(rows.assign(stratum=0))


def _of_strata(rows: pd.DataFrame) -> NDArray[np.bool_]:
    hours = (rows.bucket.to_numpy() - int(rows.bucket.min())) // HOUR
    cell = rows.stratum.to_numpy() * (int(hours.max()) + 1) + hours
    found = pd.DataFrame({
        "cell": cell, "stratum": rows.stratum.to_numpy(), "hour": rows.hour.to_numpy(), "n": rows.n.to_numpy(),
        "ill": rows.n.to_numpy() * rows.bad.to_numpy(),
    })  # fmt: skip
    cells = found.groupby("cell").agg(
        stratum=("stratum", "first"), hour=("hour", "first"), n=("n", "sum"), ill=("ill", "sum")
    )
    cells = cells[cells.n > 0]
    return np.asarray(np.isin(cell, cells.index[_bursts(cells)]))


def _bursts(cells: pd.DataFrame) -> NDArray[np.bool_]:
    ill, n = cells.ill.to_numpy(), cells.n.to_numpy()
    median = (cells.ill / cells.n).groupby([cells.stratum, cells.hour]).transform("median").to_numpy()
    sums = cells.groupby("stratum")[["ill", "n"]].transform("sum").to_numpy()
    rare = binom.sf(ill - 1, n, np.maximum(median, sums[:, 0] / sums[:, 1])) < _UNLIKELY
    return np.asarray(rare & (ill >= LEAST_BAD))
