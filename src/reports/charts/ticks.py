"""Which values does a logarithmic axis name, and how wide is one of names?"""

from math import ceil, floor, log10

from reports.charts.spec import ChartSpec, Number

_DECADES = 3


def log_ticks(values: list[Number]) -> list[float]:
    """1, 2 and 5 of every power of ten around the values above 0, and the powers alone over more than three of them."""
    known = [value for value in values if value is not None and value > 0]
    if not known:
        return []
    first, last = floor(log10(min(known))), ceil(log10(max(known)))
    steps = (1, 2, 5) if last - first <= _DECADES else (1,)
    return [float(f"{step}e{power}") for power in range(first, last + 1) for step in steps]


def log_values(chart: ChartSpec) -> list[Number]:
    """What is drawn along the axis that is logarithmic."""
    if chart.log_along:
        return [value for each in chart.series for value in each.x]
    drawn = [(*(each.x if chart.horizontal else each.y), *each.low, *each.high) for each in chart.series]
    return [value for values in drawn for value in values]


def ends(chart: ChartSpec) -> tuple[float, float]:
    """Half a place around the names, whatever is drawn there."""
    count = len({str(name) for each in chart.series for name in (each.y if chart.horizontal else each.x)})
    return -0.5, max(count, 1) - 0.5
