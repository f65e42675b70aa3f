"""What a person sees: pages that work without scripts, show what is asked for, and run nothing that was sent."""

import time
from pathlib import Path

import pytest

from support.otlp import span, traces
from support.service import Service
from support.sinks import HttpSink

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]
EVIL = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def service(tmp_path_factory, store):
    folder = tmp_path_factory.mktemp("pages")
    config = 'channels: {{hook: {{type: webhook, url: "{}"}}}}'
    with HttpSink() as sink, Service(config.format(sink.url), folder, **store) as running:
        now = time.time_ns() // 1_000
        run = [
            span(
                "charge", now - 300_000, trace=77, number=2, parent=1, failed=True, error="CardDeclined", took=500_000
            ),
            span("pay", now, trace=77, failed=True, error="CardDeclined", message=f"declined {EVIL}"),
        ]
        running.post("/v1/traces", traces(run), "application/x-protobuf")
        running.post("/api/v1/events", [
            {"workflow": EVIL, "run_id": "evil", "outcome": "failed",
             "error": {"type": "X", "message": "y" * 5_000 + EVIL}},
            *({"workflow": "fine", "run_id": f"ok-{n}", "outcome": "succeeded"} for n in range(70)),
        ])  # fmt: skip
        running.post("/api/v1/changes", {"title": EVIL, "version": EVIL, "environment": "y" * 200})
        running.wait_drained()
        yield running


@pytest.fixture
def page(browser, service):
    """Scripts are off; a request to anywhere else is a failure."""
    opened = browser.new_context(java_script_enabled=False, base_url=service.url).new_page()
    asked = []
    opened.on("request", lambda request: asked.append(request.url))
    yield opened
    opened.context.close()
    assert [url for url in asked if not url.startswith((service.url, "data:"))] == []


def test_the_overview_shows_what_fires_and_leads_on(page):
    page.goto("/")
    assert page.locator("h1").inner_text() == "2 alerts are firing"
    page.get_by_role("link", name="pay").first.click()
    assert "CardDeclined" in page.locator("main").inner_text()
    page.get_by_role("link", name="Latest run").click()
    page.locator(".waterfall").wait_for()  # a page may still be on its way
    steps = page.locator(".waterfall tbody tr").all_inner_texts()
    assert [step.split()[0] for step in steps] == ["pay", "charge"]
    page.get_by_role("link", name="All failures like this one").click()
    page.get_by_text("Why these failures are one group").click()
    assert "error.type" in page.locator("main").inner_text()


def test_nothing_that_was_sent_runs(browser, service):
    with browser.new_context(base_url=service.url) as context:
        opened = context.new_page()
        spoken = []
        opened.on("dialog", lambda dialog: (spoken.append(dialog.message), dialog.dismiss()))
        for path in (
            "/",
            "/runs",
            "/groups",
            "/alerts",
            "/deliveries",
            "/changes",
            "/runs/evil",
            "/reports/trend?since=1d",
        ):
            opened.goto(path)
            assert opened.title() != "owned", path
            assert opened.locator("img[src=x]").count() == 0, path
        assert spoken == []


def test_a_long_message_is_cut_and_can_be_opened(page):
    page.goto("/runs/evil")
    assert page.get_by_text("All 5").count() == 1


def test_long_lists_have_older_pages_and_filters(page):
    page.goto("/runs?outcome=succeeded")
    assert page.locator("tbody tr").count() == 50
    page.get_by_role("link", name="Older").click()
    assert page.locator("tbody tr").count() == 20
    page.get_by_label("Workflow").fill("pa*")
    page.get_by_label("Outcome").select_option("bad")
    page.get_by_role("button", name="Show").click()
    assert page.locator("tbody tr").count() == 1


def test_an_alert_is_acknowledged_and_resolved_with_forms(page, service):
    page.goto("/alerts?workflow=pay")
    page.locator("tbody a").first.click()
    assert "told hook (first)" in page.locator("main").inner_text()
    page.get_by_role("button", name="Acknowledge").click()
    assert "by page" in page.locator("main").inner_text()
    page.get_by_role("button", name="Resolve").click()
    assert page.locator("h1 .tag").inner_text().endswith("resolved")


@pytest.mark.parametrize("path", ["/runs/nothing", "/alerts/nothing", "/groups/nothing", "/nowhere"])
def test_what_is_not_there_is_said_on_a_page(page, path):
    assert page.goto(path).status == 404
    assert page.locator("h1").inner_text() == "404"


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_no_page_is_wider_than_the_window(browser, service, width, scheme):
    context = browser.new_context(base_url=service.url, viewport={"width": width, "height": 800}, color_scheme=scheme)
    opened = context.new_page()
    for path in ("/", "/runs", "/groups", "/alerts", "/deliveries", "/changes", "/runs/evil", "/login"):
        opened.goto(path)
        assert opened.evaluate("document.documentElement.scrollWidth") <= width, path
    context.close()


def test_the_first_page_of_an_empty_service_says_how_to_begin(browser, tmp_path):
    with Service("", tmp_path) as empty:
        opened = browser.new_context(java_script_enabled=False).new_page()
        opened.goto(empty.url)
        text = opened.locator("main").inner_text()
        opened.context.close()
    assert "Nothing has come in yet" in text
    assert f"OTEL_EXPORTER_OTLP_ENDPOINT={empty.url}" in text


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_a_bad_run_stands_beside_a_good_one(browser, tmp_path, width, scheme):
    now = time.time_ns() // 1_000
    good = [
        span("load", now - 60_300_000, trace=5, number=2, parent=1, took=300_000),
        span(EVIL, now - 60_000_000, trace=5, number=3, parent=1, took=200_000),
        span("pay", now - 60_000_000, trace=5),
    ]
    bad = [
        span("load", now, trace=6, number=2, parent=1, took=900_000, failed=True, message=f"{EVIL} {'y' * 300}"),
        span("pay", now, trace=6, failed=True),
    ]
    with Service("", tmp_path) as running:
        for run in (good, bad):
            running.post("/v1/traces", traces(run), "application/x-protobuf")
        running.wait_drained()
        view = {"width": width, "height": 800}
        with browser.new_context(base_url=running.url, viewport=view, color_scheme=scheme) as context:
            opened = context.new_page()
            opened.goto(f"/runs/{6:032x}")
            opened.get_by_role("link", name="Beside a good run").click()
            opened.locator(".beside").wait_for()
            assert opened.locator(".finding").inner_text() == "load failed; in the good run it ended well."
            rows = opened.locator(".beside tbody tr").all_inner_texts()
            assert ["they part here" in row for row in rows] == [False, True, False]
            assert "3.0 ×" in rows[1]
            assert "not reached" in rows[2]
            assert opened.locator("img[src=x]").count() == 0
            assert opened.title() != "owned"
            assert opened.evaluate("document.documentElement.scrollWidth") <= width
            assert opened.evaluate("Math.max(...[...document.querySelectorAll('.beside .bar')]"
                                   ".map(each => each.getBoundingClientRect().right))") <= width  # fmt: skip
