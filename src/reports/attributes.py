"""What do bad runs have in common? Values of attributes in the sample of bad and good runs, asked about all at once."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports.counting import BAD
from reports.hours import local_times
from reports.period import Period
from reports.statistics import LEAST_BAD
from reports.statistics.association import LEAST_SUPPORT, Lead, leads

_MOST_VALUES = 400  # asked about, those that most runs have
_BAND = 6  # hours of the day
_COLUMNS = ("version", "environment", "engine")
Bools = NDArray[np.bool_]


@dataclass(slots=True, frozen=True)
class Found:
    """``bad`` and ``good`` runs were looked at, ``values`` asked about. ``latest``: of each lead the latest bad run
    that has the value."""

    bad: int
    good: int
    values: int
    leads: list[Lead]
    latest: dict[str, str]


def common(sample: pd.DataFrame, period: Period) -> Found:
    """The leads among ``sample`` (columns as ``frames.SAMPLE``), within workflows; none under five bad runs."""
    bad = sample.outcome.isin(BAD).to_numpy(dtype=bool)
    ill, well = int(bad.sum()), int((~bad).sum())
    if ill < LEAST_BAD or not well:
        return Found(ill, well, 0, [], {})
    values = _values(sample, period)
    strata, _ = pd.factorize(sample.workflow)
    found = leads(bad, strata.astype(np.int64), values)
    latest = {each.value: _latest(sample, bad & values[each.value]) for each in found}
    return Found(ill, well, len(values), found, latest)


def _latest(sample: pd.DataFrame, rows: Bools) -> str:
    mine = sample[rows]
    return str(mine.run.iloc[int(mine["at"].to_numpy().argmax())]) if len(mine) else ""


def _values(sample: pd.DataFrame, period: Period) -> dict[str, Bools]:
    """ "attribute=value" → which runs have it: of those that enough runs have and some have not, the commonest."""
    sized: list[tuple[int, str, Bools]] = []
    for name, texts in _texts(sample, period):
        codes, values = pd.factorize(texts)
        for code in np.flatnonzero(np.bincount(codes, minlength=len(values)) >= LEAST_SUPPORT):
            rows = codes == code
            if values[code] and not rows.all():
                sized.append((int(rows.sum()), f"{name}={values[code]}", rows))
    sized.sort(key=lambda each: (-each[0], each[1]))
    return {value: rows for _, value, rows in sized[:_MOST_VALUES]}


def _texts(sample: pd.DataFrame, period: Period) -> Iterator[tuple[str, NDArray[np.object_]]]:
    """Each attribute with the text of every run, "" where it has none."""
    dicts = list(sample.attributes)
    columns = [name for name in _COLUMNS if name in sample.columns]
    for name in sorted({name for each in dicts for name in each}.difference(columns)):
        yield name, np.array([str(each.get(name, "")) for each in dicts], dtype=object)
    for name in columns:
        yield name, sample[name].to_numpy(dtype=object)
    hours = local_times(sample["at"].to_numpy(), period.zone).hour.to_numpy() // _BAND * _BAND
    yield "hour", np.array([f"{hour:02}:00 to {hour + _BAND:02}:00" for hour in hours], dtype=object)
