"""Links that act, from the message to the effect, on both stores; and their pages in a browser."""

import urllib.parse
from pathlib import Path

import pytest

from support.service import Service
from support.sinks import HttpSink

CHROMIUM = Path("/usr/bin/chromium")
FORM = "application/x-www-form-urlencoded"
EVIL = "pay*[1] <b>~"
BOOM = {"outcome": "failed", "severity": "critical", "error": {"type": "Boom", "message": "<img src=x>" * 100}}


@pytest.fixture(scope="module")
def around(tmp_path_factory, store):
    """(a service with a password, its channel's other end)"""
    guarded = {"TOCSIN_ADMIN_PASSWORD": "a password"}
    with HttpSink() as sink:
        config = f'channels: {{hook: {{type: webhook, url: "{sink.url}"}}}}'
        with Service(config, tmp_path_factory.mktemp("links"), **store, **guarded) as service:
            yield service, sink


def told(around, workflow, step="charge"):
    """The links of the message about a failure."""
    service, sink = around
    service.post("/api/v1/events", {"workflow": workflow, "run_id": f"{workflow}-{step}", "step": step, **BOOM})

    def about(requests):
        return [each.json for each in requests if each.json["alerts"][0]["workflow"] == workflow]

    requests = sink.wait_until(lambda requests: any(each["alerts"][0]["step"] == step for each in about(requests)))
    [said] = [each for each in about(requests) if each["alerts"][0]["step"] == step]
    assert said["links"]["silence"].startswith(service.url)
    assert said["alerts"][0]["links"]["silence"] == said["links"]["silence"]
    return {name: url.removeprefix(service.url) for name, url in said["links"].items()}


def post(service, path, **fields):
    status, page, _ = service.post(path, urllib.parse.urlencode(fields).encode(), FORM, origin=service.url)
    return status, page.decode()


def api(service, path):
    """With the password."""
    status, found = service.ask_as("ann", "a password", path)
    assert status == 200
    return found["items"]


def test_acknowledging_by_a_link(around):
    service, _ = around
    links = told(around, "acknowledged")
    status, page = post(service, links["acknowledge"], by="ann")
    assert (status, "Acknowledged by ann" in page) == (200, True)
    [alert] = [each for each in api(service, "/api/v1/alerts") if each["workflow"] == "acknowledged"]
    assert alert["acknowledged_by"] == "ann"
    assert "acknowledged already, by ann" in post(service, links["acknowledge"], by="bob")[1]


@pytest.mark.parametrize(
    ("period", "said"), [("1h", "for 1 hour"), ("resolved", "until it is resolved"), ("never", "for 1 hour")]
)
def test_silencing_by_a_link_hides_what_is_like_it(around, period, said):
    service, _ = around
    workflow = f"{EVIL} {period}"
    links = told(around, workflow)
    status, page = post(service, links["silence"], until=period)
    assert (status, f"Silenced {said}, by link" in page) == (200, True)
    made = next(each for each in api(service, "/api/v1/silences") if workflow in each["comment"])
    assert made["until_resolved"] is (period == "resolved")
    assert (made["by"], made["provided_by"]) == ("link", "api")
    hidden = [each for each in api(service, "/api/v1/alerts") if each["workflow"] == workflow]
    status, found = service.ask_as("ann", "a password", "/api/v1/silences/preview", {"match": made["match"]})
    assert (status, [each["id"] for each in found["items"]]) == (200, [each["id"] for each in hidden])
    told(around, workflow, step="another")  # its own error group: still told
    audited = [(each["action"], each["by"]) for each in api(service, "/api/v1/audit")]
    assert ("create", "link") in audited


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed")
@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_the_pages_of_links_in_a_browser_without_scripts(around, width, scheme):
    from playwright.sync_api import sync_playwright

    service, _ = around
    links = told(around, f"{EVIL} {'wide ' * 30}{width}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        size = {"width": width, "height": 800}
        page = browser.new_page(base_url=service.url, java_script_enabled=False, viewport=size, color_scheme=scheme)
        page.goto(links["silence"])
        assert page.locator("img[src=x]").count() == 0
        assert "keeps everybody from being told" in page.locator("main").inner_text()
        page.get_by_label("For how long").select_option("4h")
        page.get_by_label("Your name").fill("ann <b>")
        page.get_by_role("button", name="Silence").click()
        assert "Silenced for 4 hours, by ann <b>" in page.get_by_role("status").inner_text()
        for path in (links["acknowledge"], "/act/forged"):
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.locator("h1").inner_text() == "This link does nothing any more"
        browser.close()
