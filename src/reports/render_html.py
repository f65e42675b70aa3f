"""The report for people: one file that asks nothing of any network, and reads without scripts too."""

import base64
import gzip
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from reports.charts.plotly_figure import plotly_figure
from reports.model import Report


@cache
def _template_environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _plotly() -> str:
    """plotly's script out of the installed package: gzipped and as base64, unpacked by the browser."""
    return base64.b64encode(gzip.compress(get_plotlyjs().encode(), 9, mtime=0)).decode()


def render_html(report: Report, links: Mapping[str, str] | None = None) -> str:
    """``links`` may hold "home", the service's address: what leads to its pages is left out otherwise."""
    template = _template_environment().get_template("report.html")
    figures = {
        f"{section.key}-{place}": plotly_figure(chart)
        for section in report.sections
        for place, chart in enumerate(section.charts)
    }
    return template.render(
        report=report,
        figures=_embedded(figures),
        plotly=Markup(_plotly()) if figures else "",
        links=dict(links or {}),
    )


def _embedded(value: object) -> Markup:
    """JSON inside a script element: nothing in it may end the element."""
    text = json.dumps(value, ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))
