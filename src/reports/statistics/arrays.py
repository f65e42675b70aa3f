"""What arrays go in, and are they sound?"""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def checked(bad: Ints, runs: Ints) -> None:
    """ValueError unless both have one shape and 0 ≤ bad ≤ runs everywhere."""
    if bad.shape != runs.shape:
        raise ValueError(f"bad has the shape {bad.shape} and runs {runs.shape}: give one number of each for each cell")
    wrong = np.argwhere((bad < 0) | (bad > runs))
    if len(wrong):
        at = tuple(wrong[0].tolist())
        raise ValueError(f"cell {at}: {bad[at]} bad of {runs[at]} runs; bad must lie between 0 and runs")
