"""Do programs get the report's numbers, in the form that they ask for?"""

import csv
import importlib.util
import io
import json

import pandas as pd
import pytest
from PIL import Image

from reports.charts.spec import ChartSpec, Series
from reports.export import LONG_FORM, render_csv, render_json, render_parquet, render_png
from reports.model import Report, Section, Table

HAS_PARQUET = importlib.util.find_spec("pyarrow") is not None


@pytest.fixture
def report():
    chart = ChartSpec("Bars", "Two.", [Series("bar", "n", ["a", "b"], [1, 2])])
    numbers = Table("Numbers", ["name", "n"], [["a", 1], ["b", 2.5]])
    sections = [
        Section("first", "?", ".", [numbers], charts=[chart], data={"x": float("inf")}),
        Section("second", "?", ".", [Table("Others", ["other"], [["=1"], [None]])]),
    ]
    return Report("id", "t", "", "", "", "", "UTC", "", {}, sections)


def test_csv_is_of_every_section_or_of_one(report):
    both = list(csv.reader(io.StringIO(render_csv(report))))
    assert both == [["section", "name", "n"], ["first", "a", "1"], ["first", "b", "2.5"],
                    ["section", "other"], ["second", "'=1"], ["second", ""]]  # fmt: skip
    assert list(csv.reader(io.StringIO(render_csv(report, "second")))) == both[3:]


def test_json_has_the_numbers_and_not_the_drawing(report):
    first = json.loads(render_json(report))["sections"][0]
    assert first["data"] == {"x": None}
    assert "charts" not in first


def test_a_picture_is_of_one_chart(report):
    assert Image.open(io.BytesIO(render_png(report, "first"))).format == "PNG"


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda report: render_csv(report, "third"), r"no section 'third'; they are first, second"),
        (lambda report: render_png(report, "third"), r"no section 'third'; they are first, second"),
        (lambda report: render_png(report, "second"), r"'second' has 0 charts"),
        (lambda report: render_png(report, "first", 1), r"'first' has 1 charts here, counted from 0: there is no 1"),
        (lambda report: render_png(report, "first", -1), r"there is no -1"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(report, ask, said):
    with pytest.raises(ValueError, match=said):
        ask(report)


def test_parquet_holds_every_cell_or_says_what_to_install(report):
    if not HAS_PARQUET:
        with pytest.raises(ValueError, match=r"pip install 'tocsin\[parquet\]'"):
            render_parquet(report)
        return
    told = pd.read_parquet(io.BytesIO(render_parquet(report)))
    assert tuple(told.columns) == LONG_FORM
    assert told[told.column == "n"].number.tolist() == [1.0, 2.5]
    assert told[told.section == "second"].text.tolist() == ["=1", ""]
