"""How are numbers drawn? Plotly figures as plain data: Okabe-Ito colours, and a pattern or dash beside each colour."""

from collections.abc import Sequence
from typing import Any

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999")
PATTERNS = ("", "/", "x", ".", "\\", "+", "|", "-")
_GRID = "rgba(128,128,128,0.25)"


def bar(name: str, x: Sequence[Any], y: Sequence[Any], index: int, **more: Any) -> dict[str, Any]:
    marker = {
        "color": COLOURS[index % len(COLOURS)],
        "pattern": {"shape": PATTERNS[index % len(PATTERNS)], "solidity": 0.25},
    }
    return {"type": "bar", "name": name, "x": list(x), "y": list(y), "marker": marker, **more}


def line(name: str, x: Sequence[Any], y: Sequence[Any], colour: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "lines+markers", "name": name, "x": list(x), "y": list(y),
        "line": {"color": colour, "dash": more.pop("dash", "solid"), "width": 2}, "marker": {"size": 5}, **more,
    }  # fmt: skip


def ribbon(x: Sequence[Any], low: Sequence[Any], high: Sequence[Any], colour: str, **more: Any) -> list[dict[str, Any]]:
    """The space between two lines, without lines of its own."""
    shared = {
        "type": "scatter", "mode": "lines", "x": list(x), "line": {"width": 0}, "showlegend": False,
        "hoverinfo": "skip", **more,
    }  # fmt: skip
    return [{**shared, "y": list(low)}, {**shared, "y": list(high), "fill": "tonexty", "fillcolor": colour}]


def figure(data: list[dict[str, Any]], **layout: Any) -> dict[str, Any]:
    axis = {"gridcolor": _GRID, "zerolinecolor": _GRID, "automargin": True}
    base: dict[str, Any] = {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 50, "r": 50, "t": 20, "b": 40},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "hovermode": "x unified",
        "height": 380,
        "font": {"family": "system-ui, sans-serif", "size": 13},
        "xaxis": dict(axis),
        "yaxis": {**axis, "rangemode": "tozero"},
    }
    for name, value in layout.items():
        base[name] = {**base.get(name, {}), **value} if isinstance(value, dict) else value
    return {"data": data, "layout": base}
