"""What does a chart show? Plain data; ``plotly_figure`` and ``picture`` draw the same description."""

from dataclasses import dataclass, field
from typing import Any, Literal

Number = float | int | None
Dash = Literal["solid", "dash", "dot", "dashdot"]


@dataclass(slots=True)
class Series:
    """``kind``: ``bar`` (with ``base``, where each begins), ``line``, ``steps`` (holds its value until the next),
    ``points`` (with ``low`` and ``high``: intervals), ``band`` (between ``low`` and ``high``).

    ``x`` are categories or numbers, ``y`` values; in a ``horizontal`` chart bars and points have their categories in
    ``y`` and values in ``x``, and ``base``, ``low`` and ``high`` go with the values. ``colour`` is an index into
    ``colours.COLOURS``; its pattern and marker go with it. ``second``: on the axis at the right. ``links``: for each
    point the page that explains it, relative to the service ("" for none). ``text``: for each point what it says when
    it is looked at, in place of its numbers."""

    kind: Literal["bar", "line", "steps", "points", "band"]
    name: str
    x: list[Any] = field(default_factory=list)
    y: list[Any] = field(default_factory=list)
    colour: int = 0
    base: list[Number] = field(default_factory=list)
    low: list[Number] = field(default_factory=list)
    high: list[Number] = field(default_factory=list)
    dash: Dash = "solid"
    second: bool = False
    markers: bool = True
    legend: bool = True
    links: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    hatched: list[bool] = field(default_factory=list)  # bars that are not over yet


@dataclass(slots=True)
class Heat:
    """``values[row][column]``, None where there is none; ``text`` stands in the cells. ``weak`` cells rest on too few
    runs: they are marked."""

    columns: list[str]
    rows: list[str]
    values: list[list[Number]]
    text: list[list[str]]
    weak: list[list[bool]] = field(default_factory=list)
    unit: str = ""
    colour: int = 5
    levels: list[str] = field(default_factory=list)  # what 0, 1 … mean, where values are not numbers


@dataclass(slots=True)
class Mark:
    """A vertical line at ``x`` (a category, or a number as the axis has them) with a short label."""

    x: Any
    label: str


@dataclass(slots=True)
class ChartSpec:
    """``summary`` says in one sentence what is seen: the text for those who do not see it. ``heat`` takes the place of
    ``series``. ``height`` in pixels; 0: by the number of rows."""

    title: str
    summary: str
    series: list[Series] = field(default_factory=list)
    heat: Heat | None = None
    marks: list[Mark] = field(default_factory=list)
    horizontal: bool = False
    stacked: bool = False
    categories: bool = True  # x (y when horizontal) are names, in the order of the series
    x_title: str = ""
    y_title: str = ""
    second_title: str = ""
    log: bool = False  # the axis of the values
    log_along: bool = False  # the other one, where it has numbers above 0
    height: int = 0
