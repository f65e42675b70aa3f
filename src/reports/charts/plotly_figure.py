"""A chart for pages: a plotly figure as plain data, which plotly's own script draws in the browser."""

from html import escape
from itertools import zip_longest
from math import log10
from typing import Any

from reports.charts.colours import LINES, MARKERS, PATTERNS, colour, veil
from reports.charts.spec import ChartSpec, Heat, Series
from reports.charts.ticks import ends, log_ticks, log_values

_GRID = "rgba(128,128,128,0.25)"
_MARK = "rgba(128,128,128,0.9)"
_CLEAR = "rgba(0,0,0,0)"
_ROW = 34
_LABELS = 6  # of marks, under one another
_MANY = 45  # points; so many are drawn smaller


def plotly_figure(chart: ChartSpec) -> dict[str, Any]:
    """``data`` and ``layout`` as plotly.js takes them; ``meta`` of a trace holds the links of its points."""
    if chart.heat is not None:
        return {"data": _heat(chart.heat), "layout": _layout(chart)}
    traces = [trace for each in chart.series for trace in _traces(chart, each)]
    return {"data": traces, "layout": _layout(chart)}


def _traces(chart: ChartSpec, series: Series) -> list[dict[str, Any]]:
    x, y = _plain(series.x), _plain(series.y)
    common: dict[str, Any] = {"name": escape(series.name, quote=False), "x": x, "y": y, "showlegend": series.legend}
    if series.second:
        common["yaxis"] = "y2"
    if any(series.links):
        common["meta"] = series.links
    if series.text:
        common |= {"text": _plain(series.text), "hoverinfo": "text+name"}
        if series.kind == "bar":
            common["textposition"] = "none"
    if series.kind == "bar":
        return [_bars(chart, series, common)]
    if series.kind == "band":
        return _band(series, common)
    if series.kind == "points":
        return [_points(chart, series, common)]
    return [_line(series, common)]


def _bars(chart: ChartSpec, series: Series, common: dict[str, Any]) -> dict[str, Any]:
    marker = {"color": colour(series.colour), "pattern": _pattern(series)}
    bars = {"type": "bar", **common, "marker": marker, **({"base": series.base} if series.base else {})}
    if series.low:
        bars["error_x" if chart.horizontal else "error_y"] = _errors(series, series.x if chart.horizontal else series.y)
    return {**bars, "orientation": "h"} if chart.horizontal else bars


def _pattern(series: Series) -> dict[str, Any]:
    """Lines on the colour; what is not over yet has lines of the colour and no fill."""
    unfinished = [*series.hatched] or [False] * len(series.x)
    place = series.colour % len(PATTERNS)
    usual, lines, own = PATTERNS[place], LINES[place], colour(series.colour)
    return {
        "shape": ["-" if each else usual for each in unfinished],
        "bgcolor": [_CLEAR if each else own for each in unfinished],
        "fgcolor": [own if each else lines for each in unfinished],
        "solidity": 0.15,
        "size": 7,
    }


def _band(series: Series, common: dict[str, Any]) -> list[dict[str, Any]]:
    shared = {
        **common, "type": "scatter", "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False,
        "connectgaps": False,
    }  # fmt: skip
    filled = {"fill": "tonexty", "fillcolor": veil(series.colour, 0.2)}
    return [{**shared, "y": series.low}, {**shared, "y": series.high, **filled}]


def _points(chart: ChartSpec, series: Series, common: dict[str, Any]) -> dict[str, Any]:
    size = 10 if len(series.x) <= _MANY else 6
    marker = {"color": colour(series.colour), "size": size, "symbol": MARKERS[series.colour % len(MARKERS)]}
    drawn = {"type": "scatter", "mode": "markers", **common, "marker": marker}
    if series.low:
        along = "error_x" if chart.horizontal else "error_y"
        drawn[along] = _errors(series, series.x if chart.horizontal else series.y)
    return drawn


def _errors(series: Series, values: list[Any]) -> dict[str, Any]:
    """The ends of the intervals, as distances from the values."""
    known = [*zip_longest(values, series.low, series.high)]
    up = [high - value if None not in (value, high) else 0 for value, _, high in known]
    down = [value - low if None not in (value, low) else 0 for value, low, _ in known]
    return {"type": "data", "symmetric": False, "array": up, "arrayminus": down, "thickness": 1.5}


def _line(series: Series, common: dict[str, Any]) -> dict[str, Any]:
    line = {"color": colour(series.colour), "dash": series.dash, "width": 2}
    if series.kind == "steps":
        line["shape"] = "hv"
    marker = {"size": 6 if len(series.x) <= _MANY else 3, "symbol": MARKERS[series.colour % len(MARKERS)]}
    mode = "lines+markers" if series.markers else "lines"
    return {"type": "scatter", "mode": mode, **common, "line": line, "marker": marker}


def _heat(heat: Heat) -> list[dict[str, Any]]:
    scale = [[0, veil(heat.colour, 0.04)], [1, colour(heat.colour)]]
    bar: dict[str, Any] = {
        "title": {"text": heat.unit, "side": "top"}, "thickness": 10, "orientation": "h", "len": 0.4, "x": 0,
        "xanchor": "left", "y": 1.02, "yanchor": "bottom", "outlinewidth": 0.5,
    }  # fmt: skip
    if heat.levels:
        bar |= {"tickvals": [*range(len(heat.levels))], "ticktext": _plain(heat.levels)}
    cells = {
        "type": "heatmap", "x": _plain(heat.columns), "y": _plain(heat.rows), "z": heat.values, "text": heat.text,
        "texttemplate": "%{text}", "hovertemplate": "%{y}, %{x}: %{text}<extra></extra>", "colorscale": scale,
        "xgap": 1, "ygap": 1, "colorbar": bar, "zmin": 0, "zmax": _top(heat),
    }  # fmt: skip
    weak = [
        (column, row)
        for row, marks in zip(_plain(heat.rows), heat.weak, strict=False)
        for column, mark in zip(_plain(heat.columns), marks, strict=True)
        if mark
    ]
    if not weak:
        return [cells]
    marker = {"symbol": "x-thin", "size": 9, "line": {"width": 1, "color": _MARK}}
    crosses = {"type": "scatter", "mode": "markers", "x": [each[0] for each in weak], "y": [each[1] for each in weak],
               "marker": marker, "hoverinfo": "skip", "showlegend": False, "name": "too few runs"}  # fmt: skip
    return [cells, crosses]


def _top(heat: Heat) -> float:
    """Colours begin at 0, so that small differences look small."""
    if heat.levels:
        return len(heat.levels) - 1
    return max((value for row in heat.values for value in row if value is not None), default=0) or 1


def _layout(chart: ChartSpec) -> dict[str, Any]:
    grid = {"gridcolor": _GRID, "zerolinecolor": _GRID, "automargin": True}
    along, across = _axes(chart)
    layout: dict[str, Any] = {
        "paper_bgcolor": _CLEAR,
        "plot_bgcolor": _CLEAR,
        "margin": {"l": 10, "r": 50 if chart.second_title else 20, "t": 24, "b": 10},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "hovermode": "closest" if chart.horizontal or chart.heat else "x unified",
        "height": height_of(chart),
        "font": {"family": "system-ui, sans-serif", "size": 13},
        "barmode": "stack" if chart.stacked else "overlay" if _has_base(chart) else "group",
        "bargap": 0.15,
        "xaxis": {**grid, **along, "title": {"text": chart.x_title}},
        "yaxis": {**grid, **across, "title": {"text": chart.y_title}},
    }
    if chart.heat:
        layout["yaxis"]["autorange"] = "reversed"  # the first row on top
    if chart.second_title:
        second = {"overlaying": "y", "side": "right", "rangemode": "tozero", "showgrid": False, "tickmode": "auto"}
        layout["yaxis2"] = {**second, "title": {"text": chart.second_title}, "automargin": True}
    if chart.marks:
        _mark(layout, chart)
    return layout


def _axes(chart: ChartSpec) -> tuple[dict[str, Any], dict[str, Any]]:
    """What lies along the bottom, and what at the side."""
    if chart.heat is not None:
        names = {"type": "category", "showgrid": False, "ticks": ""}
        return names, names
    values: dict[str, Any] = _log_axis(chart) if chart.log else {"rangemode": "tozero"}
    if not chart.categories:
        return (_log_axis(chart) if chart.log_along else {}), values
    names = {"type": "category", "showgrid": False, "range": _range(chart)}
    return (values, names) if chart.horizontal else (names, values)


def _range(chart: ChartSpec) -> list[float]:
    """The first name on top."""
    first, last = ends(chart)
    return [last, first] if chart.horizontal else [first, last]


def _log_axis(chart: ChartSpec) -> dict[str, Any]:
    ticks = log_ticks(log_values(chart))
    return {"type": "log", **({"tickvals": ticks, "ticktext": [f"{tick:g}" for tick in ticks]} if ticks else {})}


def _plain(values: list[Any]) -> list[Any]:
    """Names as text: plotly reads some HTML in them."""
    return [escape(value, quote=False) if isinstance(value, str) else value for value in values]


def _has_base(chart: ChartSpec) -> bool:
    return any(each.base for each in chart.series)


def _mark(layout: dict[str, Any], chart: ChartSpec) -> None:
    line = {"color": _MARK, "width": 1.5, "dash": "dot"}
    layout["shapes"] = [
        {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": line}
        for x in _plain([mark.x for mark in chart.marks])
    ]
    layout["annotations"] = [
        {"x": _at(chart, x), **_label_place(chart, place), "yref": "paper", "text": label, "showarrow": False,
         "xanchor": "left", "font": {"size": 11}}
        for place, (x, label) in enumerate(_plain([mark.x, mark.label]) for mark in chart.marks)
    ]  # fmt: skip
    if chart.horizontal:
        layout["legend"]["y"] = 1 + 24 / height_of(chart)


def _at(chart: ChartSpec, x: Any) -> Any:
    return log10(x) if chart.log and chart.horizontal else x


def _label_place(chart: ChartSpec, place: int) -> dict[str, Any]:
    """Above the rows of a horizontal chart; else under one another."""
    return {"y": 1, "yanchor": "bottom"} if chart.horizontal else {"y": 1 - 0.06 * (place % _LABELS)}


def height_of(chart: ChartSpec) -> int:
    """In pixels: as wished, else by the number of rows."""
    if chart.height:
        return chart.height
    if chart.heat is not None:
        return 120 + 30 * len(chart.heat.rows)
    if not chart.horizontal:
        return 380
    rows = len({str(name) for each in chart.series for name in each.y})
    return 130 + _ROW * max(rows, 2)
