"""Is one description drawn the same on a page and in a picture?"""

import io

import pytest
from PIL import Image

from reports.charts.picture import picture
from reports.charts.plotly_figure import plotly_figure
from reports.charts.spec import ChartSpec, Heat, Mark, Series

DAYS = ["1 Nov", "2 Nov", "3 Nov"]
CHARTS = {
    "stacked": ChartSpec(
        "bad runs",
        "most on 2 Nov",
        [
            Series("bar", "own fault", DAYS, [1, 4, 2], 0, hatched=[False, False, True]),
            Series("bar", "timeout", DAYS, [0, 1, 2], 1),
            Series("band", "interval", DAYS, [], 5, low=[1, 2, None], high=[3, 9, None], second=True),
            Series("line", "share, %", DAYS, [2, 5, None], 5, dash="dash", second=True),
        ],
        marks=[Mark("2 Nov", "v2 deployed")],
        stacked=True,
        second_title="share, %",
    ),
    "horizontal": ChartSpec(
        "yield",
        "retries help",
        [Series("points", "retried", [0.5, 0.9], ["pay", "import"], 2, low=[0.4, None], high=[0.7, 1])],
        horizontal=True,
    ),
    "lanes": ChartSpec(
        "incidents", "two", [Series("bar", "open", [3, 2], ["pay", "import"], 5, base=[1, 4])], horizontal=True
    ),
    "survival": ChartSpec(
        "recovery", "half in 2 h", [Series("steps", "open still", [0, 1, 2], [1, 0.5, 0.2])], categories=False
    ),
    "heat": ChartSpec(
        "hours",
        "none",
        heat=Heat(["0", "1"], ["Mon", "Tue"], [[1, 2], [None, 4]], [["1", "2"], ["", "4"]], [[False] * 2, [True] * 2]),
    ),
}


@pytest.mark.parametrize("name", CHARTS)
def test_a_picture_is_a_png_of_the_width_asked_for(name):
    image = Image.open(io.BytesIO(picture(CHARTS[name], width=600, scale=2)))
    assert (image.format, image.width) == ("PNG", 1200)
    assert len(set(image.convert("RGB").resize((60, 60)).get_flattened_data())) > 3


@pytest.mark.parametrize("name", CHARTS)
def test_the_same_description_gives_the_same_picture(name):
    assert picture(CHARTS[name]) == picture(CHARTS[name])


def test_series_differ_by_more_than_their_colour():
    first, second = plotly_figure(CHARTS["stacked"])["data"][:2]
    assert first["marker"]["pattern"]["shape"] == ["", "", "-"]
    assert first["marker"]["pattern"]["bgcolor"] == ["#0072B2", "#0072B2", "rgba(0,0,0,0)"]
    assert second["marker"]["pattern"]["shape"] == ["/", "/", "/"]


def test_intervals_are_drawn_from_their_values():
    [points] = plotly_figure(CHARTS["horizontal"])["data"]
    assert points["error_x"]["array"] == pytest.approx([0.2, 0.1])
    assert points["error_x"]["arrayminus"] == pytest.approx([0.1, 0])


def test_bars_have_intervals_on_pages_and_in_pictures():
    bars = Series("bar", "share", [5.0, None], ["pay", "import"], low=[3.0, None], high=[9.0, None])
    chart = ChartSpec("shares", "pay most", [bars], horizontal=True)
    [drawn] = plotly_figure(chart)["data"]
    assert (drawn["error_x"]["array"], drawn["error_x"]["arrayminus"]) == ([4.0, 0], [2.0, 0])
    plain = Series("bar", "share", bars.x, bars.y)
    assert picture(chart) != picture(ChartSpec("shares", "pay most", [plain], horizontal=True))


def test_names_are_text_for_plotly_and_never_markup():
    chart = ChartSpec("t", "s", [Series("bar", "<b>x</b>", ['<a href="//x">y</a>'], [1])], marks=[Mark(0, "<i>")])
    figure = plotly_figure(chart)
    assert figure["data"][0]["name"] == "&lt;b&gt;x&lt;/b&gt;"
    assert figure["data"][0]["x"] == ['&lt;a href="//x"&gt;y&lt;/a&gt;']
    assert figure["layout"]["annotations"][0]["text"] == "&lt;i&gt;"
