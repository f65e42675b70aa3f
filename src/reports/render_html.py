"""The report for people: one file that asks nothing of any network, and reads without scripts too."""

import base64
import gzip
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from reports.charts.plotly_figure import plotly_figure
from reports.layout import LONG, SHAPES, badge, first_sentence, sheets, tied
from reports.model import Report

_ASKED = ("since", "until", "tz", "environment", "version", "severity")


@cache
def _template_environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"first_sentence": first_sentence, "sheets": sheets, "tied": tied}
    made.globals |= {"most_printed": LONG}
    return made


@cache
def _plotly() -> str:
    """plotly's script out of the installed package: gzipped and as base64, unpacked by the browser."""
    return base64.b64encode(gzip.compress(get_plotlyjs().encode(), 9, mtime=0)).decode()


def render_html(report: Report, links: Mapping[str, str] | None = None, scripts: bool = True) -> str:
    """``links`` may hold "home", the service's address: what leads to its pages is left out otherwise. And "query",
    the query that asked for this report, where the service shows it: with it come exports and a form to ask anew.
    "files" is another query for the exports, such as one that names this report; a report that is pending asks for the
    rest by it. Without ``scripts``: for a page that has them."""
    template = _template_environment().get_template("report.html")
    figures = {
        f"{section.key}-{place}": plotly_figure(chart)
        for section in report.sections
        for place, chart in enumerate(section.charts)
    }
    given = dict(links or {})
    verdict = badge(report)
    return template.render(
        report=report,
        figures=figures,
        embedded=_embedded(figures),
        plotly=Markup(_plotly()) if scripts and (figures or report.pending) else "",
        home=given.get("home"),
        served=_served(given["query"], given.get("files")) if {"home", "query"} <= given.keys() else None,
        verdict=verdict,
        shape=SHAPES[verdict] if verdict else "",
    )


def _served(query: str, files: str | None) -> dict[str, Any]:
    """What the form shows as asked, and the query that exports go by: ``files``, or what was asked."""
    asked = parse_qs(query)
    kept = [(name, value) for name, value in parse_qsl(query) if name in {*_ASKED, "workflow"}]
    return {
        "query": urlencode(kept) if files is None else files,
        "workflows": asked.get("workflow", []),
        **{name: asked.get(name, [""])[-1] for name in _ASKED},
    }


def _embedded(value: object) -> Markup:
    """JSON inside a script element: nothing in it may end the element."""
    text = json.dumps(value, ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))
