"""What does a message say of a report? Its sentences, and the pictures that answer most."""

from typing import TYPE_CHECKING

from alerting.storage.report_words import Told
from notifiers.message import Passage

if TYPE_CHECKING:
    from reports.model import Report, Section

PICTURED = ("over_time", "groups", "mix", "flow", "rhythm")
_SILENT = frozenset({"headline"})  # its sentence opens the message
_WIDTH = 600


def told_of(report: "Report", name: str, address: str) -> Told:
    """``address``: where the service is reached; each answer leads to its place in the report."""
    headline = report.section("headline")
    place = f"{address.rstrip('/')}/reports/{report.id}"
    title = f"Trend report {name}, {report.since[:10]} to {report.until[:10]}: {_numbers(headline)}"
    passages = tuple(_passage(each, place) for each in report.sections if each.key not in _SILENT)
    about = f"{report.since} to {report.until} ({report.timezone}). {headline.finding}"
    return Told(title, about, passages)


def _numbers(headline: "Section") -> str:
    data = headline.data
    return f"{data['bad']:,} of {data['runs']:,} runs bad".replace(",", " ") if data.get("runs") else "no runs"


def _passage(section: "Section", place: str) -> Passage:
    from reports.charts.picture import picture

    url = f"{place}#{section.key}"
    if section.key not in PICTURED or not section.charts:
        return Passage(section.heading, section.finding, url)
    chart = section.charts[0]
    return Passage(section.heading, section.finding, url, picture(chart, _WIDTH), f"{chart.title}: {chart.summary}")
