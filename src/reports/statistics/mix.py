"""Why did the number of bad runs move: more runs, other runs, or worse ones?"""

from dataclasses import dataclass

import numpy as np

from reports.statistics.arrays import Floats, Ints, checked


@dataclass(slots=True, frozen=True)
class Split:
    """All in bad runs: ``growth`` + ``mix`` + ``rate`` = ``change``; ``volumes`` and ``rates`` are by workflow, and
    ``growth`` + ``mix`` is the sum of the volumes."""

    change: int
    growth: float
    mix: float
    rate: float
    volumes: Floats
    rates: Floats


def split(bad_before: Ints, runs_before: Ints, bad_after: Ints, runs_after: Ints) -> Split:
    """The change of the number of bad runs, of numbers by workflow in the same order.

    Each workflow's Δ(n·p) is Δn·p̄ (volume) and Δp·n̄ (rate), with the means of both periods: the symmetric split
    (Kitagawa 1955), which leaves no remainder. A workflow without runs in one period has the other's share in both.
    ``growth`` is the volume if all workflows had grown alike; without runs before, all volume is growth.
    """
    checked(bad_before, runs_before)
    checked(bad_after, runs_after)
    p1, p2 = _shares(bad_before, runs_before), _shares(bad_after, runs_after)
    p1, p2 = np.where(runs_before > 0, p1, p2), np.where(runs_after > 0, p2, p1)
    volumes = (runs_after - runs_before) * (p1 + p2) / 2
    rates = (p2 - p1) * (runs_before + runs_after) / 2
    volume, n1 = float(volumes.sum()), int(runs_before.sum())
    growth = (int(runs_after.sum()) / n1 - 1) * int(bad_before.sum()) if n1 else volume
    change = int(bad_after.sum() - bad_before.sum())
    return Split(change, growth, volume - growth, float(rates.sum()), volumes, rates)


def _shares(bad: Ints, runs: Ints) -> Floats:
    return np.asarray(bad / np.maximum(runs, 1))
