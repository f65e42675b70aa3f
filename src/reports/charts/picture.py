"""A chart for mail and chat: the same description as a PNG, drawn by matplotlib without a browser."""

import io
import re
from itertools import zip_longest
from textwrap import shorten, wrap
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from reports.charts.colours import DASHES, HATCHES, colour
from reports.charts.plotly_figure import height_of
from reports.charts.spec import ChartSpec, Heat, Series
from reports.charts.ticks import ends, log_ticks, log_values

_INK, _GRID = "#33302c", "#d9d5cf"
_MARKERS = ("o", "D", "s", "X", "^", "P", "*", "p")
_LINES = dict(zip(DASHES, ("-", "--", ":", "-."), strict=True))
_DPI = 100
_LONGEST = 34  # letters of a line of a name on an axis
_LEGEND = 110  # letters of a row of the legend
_MOST_NAMES = 20  # along the bottom, if they are no times
_LABELS = 6  # of marks, under one another
_INWARD_FROM = 0.6
_DEPTH = 0.65  # of a map's colour: ink can be read on it
_MANY = 45  # points or bars; so many are drawn finer
_TIME = re.compile(r"\b20\d\d$|\d:\d\d")
_CELL_LETTERS = 110  # in a row of cells, at the size of letters there
_MOST_TICKS, _MOST_COLUMNS = 12, 24
_ACROSS = 70  # letters of all names along the bottom; more stand aslant


def picture(chart: ChartSpec, width: int = 720, scale: int = 2) -> bytes:
    """A PNG of ``width`` · ``scale`` pixels, on white."""
    height = min(640, max(260, height_of(chart)))
    figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    _style(axes, chart)
    if chart.heat is not None:
        _heat(axes, chart.heat)
    else:
        _series(axes, chart)
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=_DPI * scale, metadata={"Title": chart.title, "Software": None})
    return drawn.getvalue()


def _style(axes: Axes, chart: ChartSpec) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x" if chart.horizontal else "y", color=_GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=_INK, labelsize=9)
    axes.set_xlabel(chart.x_title, color=_INK, fontsize=9)
    axes.set_ylabel(chart.y_title, color=_INK, fontsize=9)


def _series(axes: Axes, chart: ChartSpec) -> None:
    right = axes.twinx() if any(each.second for each in chart.series) else None
    if right is not None:
        right.set_ylabel(chart.second_title, color=_INK, fontsize=9)
        right.tick_params(colors=_INK, labelsize=9)
        right.spines[["top"]].set_visible(False)
    places = _places(chart)
    bars = [each for each in chart.series if each.kind == "bar"]
    sums: dict[float, float] = {}
    for each in chart.series:
        on = right if each.second and right is not None else axes
        if each.kind == "bar":
            _bar(on, chart, each, places, bars, sums)
        else:
            _other(on, chart, each, places)
    _ticks(axes, chart, places)
    for place, mark in enumerate(chart.marks):
        _mark(axes, chart, places.get(mark.x, mark.x), mark.label, place)
    _bound(axes, right, chart)
    _legend(axes, right)


def _mark(axes: Axes, chart: ChartSpec, x: Any, label: str, place: int) -> None:
    """Its label above the rows of a horizontal chart; else labels under one another, and towards the middle."""
    axes.axvline(x, color=_INK, linewidth=1, linestyle=":")
    at_left = not chart.horizontal and chart.categories and x > sum(ends(chart)) * _INWARD_FROM
    where: dict[str, Any] = {"ha": "right" if at_left else "left", "va": "bottom" if chart.horizontal else "top"}
    offset = (-3 if at_left else 3, 0 if chart.horizontal else -10 * (place % _LABELS))
    axes.annotate(label, (x, 1), xycoords=("data", "axes fraction"), fontsize=8, color=_INK, xytext=offset,
                  textcoords="offset points", **where)  # fmt: skip


def _bound(axes: Axes, right: Axes | None, chart: ChartSpec) -> None:
    if chart.log or chart.log_along:
        _log(axes, chart)
    elif not chart.horizontal and not any(each.base for each in chart.series):
        axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
    if right is not None:
        right.set_ylim(bottom=0)
    if chart.categories:
        first, last = ends(chart)
        (axes.set_ylim if chart.horizontal else axes.set_xlim)(*((last, first) if chart.horizontal else (first, last)))


def _log(axes: Axes, chart: ChartSpec) -> None:
    along = chart.horizontal or chart.log_along
    (axes.set_xscale if along else axes.set_yscale)("log")
    low, high = axes.get_xlim() if along else axes.get_ylim()
    shown = [tick for tick in log_ticks(log_values(chart)) if low <= tick <= high]
    axis = axes.xaxis if along else axes.yaxis
    axis.set_ticks(shown, labels=[f"{tick:g}" for tick in shown])
    axis.set_minor_formatter(NullFormatter())


def _places(chart: ChartSpec) -> dict[Any, float]:
    """Where each category lies, in the order in which the series name them."""
    if not chart.categories:
        return {}
    names = (name for each in chart.series for name in (each.y if chart.horizontal else each.x))
    return {name: float(place) for place, name in enumerate(dict.fromkeys(names))}


def _bar(
    axes: Axes, chart: ChartSpec, series: Series, places: dict[Any, float], bars: list[Series], sums: dict[float, float]
) -> None:
    names, values = (series.y, series.x) if chart.horizontal else (series.x, series.y)
    together = chart.stacked or any(each.base for each in bars) or len(bars) == 1
    size = 0.8 if together else 0.8 / len(bars)
    shift = 0.0 if together else size * (bars.index(series) - (len(bars) - 1) / 2)
    at = [places.get(name, name) + shift for name in names]
    heights = [value or 0 for value in values]
    base = [start or 0 for start in series.base] or [sums.get(place, 0) if chart.stacked else 0 for place in at]
    if chart.stacked:
        sums.update({place: start + height for place, start, height in zip(at, base, heights, strict=True)})
    style = _filled(series)
    if series.low:
        style |= {"xerr" if chart.horizontal else "yerr": _errors(series, values), "ecolor": _INK, "capsize": 2}
    if chart.horizontal:
        axes.barh(at, heights, height=size, left=base, **style)
    else:
        axes.bar(at, heights, width=size, bottom=base, **style)


def _filled(series: Series) -> dict[str, Any]:
    """Lines on the colour; what is not over yet has lines of the colour on white."""
    own, usual = colour(series.colour), HATCHES[series.colour % len(HATCHES)]
    style: dict[str, Any] = {"label": series.name, "linewidth": 0.4 if len(series.x) <= _MANY else 0}
    if series.base and not usual:
        return {**style, "color": own, "edgecolor": own, "linewidth": 1}
    if not any(series.hatched):
        return {**style, "color": own, "edgecolor": "white", "hatch": usual}
    return {
        **style,
        "color": ["white" if unfinished else own for unfinished in series.hatched],
        "edgecolor": [own if unfinished else "white" for unfinished in series.hatched],
        "hatch": ["--" if unfinished else usual for unfinished in series.hatched],
    }


def _errors(series: Series, values: list[Any]) -> list[list[float]]:
    """The ends of the intervals, as distances from the values."""
    known = [*zip_longest(values, series.low, series.high)]
    down = [max(0, value - low) if None not in (value, low) else 0 for value, low, _ in known]
    return [down, [max(0, high - value) if None not in (value, high) else 0 for value, _, high in known]]


def _other(axes: Axes, chart: ChartSpec, series: Series, places: dict[Any, float]) -> None:
    x = [places.get(each, each) for each in series.x] if not chart.horizontal else series.x
    y = [places.get(each, each) for each in series.y] if chart.horizontal else series.y
    if series.kind == "band":
        low, high = ([float("nan") if v is None else v for v in ends] for ends in (series.low, series.high))
        axes.fill_between(x, low, high, color=colour(series.colour), alpha=0.2, linewidth=0)
        return
    known = [(a, b, low, high) for a, b, low, high in zip_longest(x, y, series.low, series.high) if None not in (a, b)]
    marker = _MARKERS[series.colour % len(_MARKERS)]
    across, up = [each[0] for each in known], [each[1] for each in known]
    if series.kind == "points":
        _points(axes, chart, series, known)
        return
    style: dict[str, Any] = {
        "color": colour(series.colour),
        "linestyle": _LINES[series.dash],
        "linewidth": 1.8,
        "label": series.name,
    }
    drawn = "steps-post" if series.kind == "steps" else "default"
    axes.plot(across, up, marker=marker if series.markers else None, markersize=4, drawstyle=drawn, **style)


def _points(axes: Axes, chart: ChartSpec, series: Series, known: list[tuple[Any, ...]]) -> None:
    values = [each[0 if chart.horizontal else 1] for each in known]
    lengths = [(v - each[2] if each[2] is not None else 0, each[3] - v if each[3] is not None else 0)
            for v, each in zip(values, known, strict=True)]  # fmt: skip
    errors = [[max(0, down) for down, _ in lengths], [max(0, up) for _, up in lengths]] if series.low else None
    along: dict[str, Any] = {"xerr" if chart.horizontal else "yerr": errors}
    along |= {"capsize": 2, "markersize": 6 if len(known) <= _MANY else 2}
    axes.errorbar([each[0] for each in known], [each[1] for each in known], fmt=_MARKERS[series.colour % len(_MARKERS)],
                  color=colour(series.colour), label=series.name, **along)  # fmt: skip


def _ticks(axes: Axes, chart: ChartSpec, places: dict[Any, float]) -> None:
    if not places:
        return
    names = list(places)
    times = any(_TIME.search(str(name)) for name in names)
    every = 1 if chart.horizontal or (len(names) <= _MOST_NAMES and not times) else -(-len(names) // _MOST_TICKS)
    shown = names[::every]
    at = [places[name] for name in shown]
    if chart.horizontal:
        axes.set_yticks(at, [_wrapped(str(name)) for name in shown])
    else:
        labels = [shorten(str(name), _LONGEST, placeholder="…") for name in shown]
        aslant = sum(map(len, labels)) >= _ACROSS
        axes.set_xticks(at, labels, rotation=30 if aslant else 0, ha="right" if aslant else "center")


def _wrapped(name: str) -> str:
    """On two lines at most."""
    return "\n".join(wrap(name, _LONGEST, max_lines=2, placeholder="…", break_on_hyphens=True))


def _legend(axes: Axes, right: Axes | None) -> None:
    handles, labels = axes.get_legend_handles_labels()
    if right is not None:
        more, names = right.get_legend_handles_labels()
        handles, labels = [*handles, *more], [*labels, *names]
    if len(labels) > 1:
        columns = max(1, min(3, _LEGEND // (max(map(len, labels)) + 6)))
        axes.legend(
            handles, labels, fontsize=8, frameon=False, ncols=columns, loc="lower left", bbox_to_anchor=(0, 1.03)
        )


def _heat(axes: Axes, heat: Heat) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    shades = LinearSegmentedColormap.from_list("heat", ["#ffffff", colour(heat.colour)])
    values = [[float("nan") if value is None else value for value in row] for row in heat.values]
    axes.grid(visible=False)
    top = len(heat.levels) - 1 if heat.levels else None
    axes.imshow(values, cmap=shades, aspect="auto", vmin=0, vmax=top, alpha=_DEPTH)
    every = -(-len(heat.columns) // _MOST_COLUMNS)
    axes.set_xticks(range(len(heat.columns))[::every], heat.columns[::every], fontsize=7)
    axes.set_yticks(range(len(heat.rows)), [_wrapped(name) for name in heat.rows])
    for row, marks in enumerate(heat.weak):
        for column, weak in enumerate(marks):
            if weak:
                axes.plot(column, row, marker="x", color="#999999", markersize=4, markeredgewidth=0.7)
    longest = max((len(text) for texts in heat.text for text in texts), default=0)
    if longest * len(heat.columns) > _CELL_LETTERS:
        return
    for row, texts in enumerate(heat.text):
        for column, text in enumerate(texts):
            axes.text(column, row, text, ha="center", va="center", fontsize=6, color=_INK)
