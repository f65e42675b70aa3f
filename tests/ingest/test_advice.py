"""Which line mends what? For each engine what came with a gap, and what came without it."""

import re
from pathlib import Path

import pytest

from alerting.ingest.advice import GAPS as EVERY_GAP
from alerting.ingest.advice import Source, advise
from alerting.ingest.engines.about import ENGINES

URL = "http://tocsin.example:4318"
PAGES = Path(__file__).parents[2] / "docs" / "how-to"


def traces(engine, *, ended=0, running=0, failed=0, untyped=0, service="shop"):
    return Source("traces", service, engine, 100, running, ended, failed, untyped)


def logs(engine):
    return Source("logs", "shop", engine, 10)


COMPLETE = {
    "celery": [traces("celery", running=1, service="web"), traces("celery", ended=1, service="worker")],
    "dbos": [traces("dbos", ended=1, failed=1, untyped=1), logs("dbos")],
    "prefect": [traces("prefect", ended=1), logs("prefect")],
    "airflow": [traces("airflow", ended=1, failed=1, untyped=1), Source("webhook:airflow", "", "airflow", 1, 0, 1, 1)],
    "airflow by the client": [traces("airflow", ended=1, failed=1, untyped=1), Source("events", "", "airflow", 1)],
    "airflow without failures": [traces("airflow", ended=5)],
    "temporal": [traces("temporal", running=1, ended=1)],
    "taskiq": [traces("taskiq", running=3, ended=1)],
    "bullmq": [traces("bullmq", running=3, ended=1)],
    "inngest": [Source("inngest", "", "inngest", 5, ended=5)],
    "otel": [traces("otel", ended=5, failed=2, untyped=1)],
    "requests beside runs": [traces("otel"), traces("celery", ended=1)],
}
GAPS = {
    "no worker tells how they end: the workers are not": [traces("celery", running=3)],
    "errors have no type": [traces("dbos", ended=1), logs("otel")],
    "the names of flows": [traces("prefect", ended=1)],
    "only callbacks": [traces("airflow", ended=1, failed=1, untyped=1)],
    "the worker's client": [traces("temporal", running=1)],
    "no worker tells how they end": [traces("taskiq", running=3)],
    "jobs are added": [traces("bullmq", running=3)],
    "none of them tells of the end": [Source("inngest", "", "inngest", 5)],
    "none of them is a run": [traces("otel")],
    "the type of its error": [traces("otel", ended=3, failed=2, untyped=2)],
    "which service": [traces("otel", ended=1, service="unknown_service:python")],
    "clocks": [Source("traces", "shop", "otel", 1, ended=1, note="check the clocks")],
}


@pytest.mark.parametrize("sources", COMPLETE.values(), ids=COMPLETE)
def test_what_is_complete_is_left_in_peace(sources):
    assert list(advise(sources, URL).values()) == [[]] * len(sources)


@pytest.mark.parametrize(("why", "sources"), GAPS.items())
def test_a_gap_is_named_once_at_its_source(why, sources):
    found = advise(sources, URL)
    [advice] = found[sources[0]]
    assert why in advice.why
    assert not any(found[other] for other in sources[1:])


def test_the_line_that_mends_holds_the_address_of_this_tocsin():
    [advice] = advise([traces("dbos")], URL)[traces("dbos")]
    assert f"{URL}/v1/logs" in advice.mend


@pytest.mark.parametrize("gap", EVERY_GAP, ids=lambda gap: f"{gap.engine}: {gap.advice.why[:30]}")
def test_the_page_that_a_gap_points_to_shows_how(gap):
    """The words of the line stand on the page; what is a name of one's own does not have to."""
    told = (PAGES / f"{gap.advice.page}.md").read_text()
    longest = max(re.findall(r"[\w./]+", gap.advice.mend), key=len)
    assert longest in told
    assert gap.engine in {engine.engine for engine in ENGINES}
