"""What does the service add to the report? A form to ask anew, files and pictures of the same question."""

import csv
import io
import json
import re
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from support.accessible import problems
from support.service import Service

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with Service("rules: []", tmp_path_factory.mktemp("report")) as running:
        running.post("/api/v1/events", [
            {"workflow": workflow, "run_id": f"{workflow}-{n}", "outcome": "succeeded" if n % 4 else "failed",
             **({} if n % 4 else {"error": {"type": "Boom", "message": "it broke"}})}
            for workflow in ("pay", "import") for n in range(40)
        ])  # fmt: skip
        running.wait_drained()
        yield running


def fetched(service, path):
    with urllib.request.urlopen(f"{service.url}{path}", timeout=30) as answer:
        return answer.read(), dict(answer.headers)


def test_the_page_draws_under_its_policy_and_its_form_asks_anew(service):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = browser.new_page(base_url=service.url)
        complaints, asked = [], []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto("/reports/trend?since=23h")
        page.wait_for_selector("html[data-ready=yes]")
        page.get_by_text("All answers are there.").wait_for()
        page.locator(".chart .main-svg").first.wait_for()
        found = problems(page)
        page.get_by_text("Another period").click()
        page.get_by_label("Workflow", exact=True).fill("pa*")
        page.get_by_label("Severity").select_option("high")
        page.get_by_role("button", name="Show").click()
        page.wait_for_url("**workflow=pa**")
        page.wait_for_selector("html[data-ready=yes]")
        page.get_by_text("All answers are there.").wait_for()
        told = page.locator(".meta").text_content()
        with page.expect_download() as kept:
            page.get_by_role("link", name="CSV").click()
        rows = list(csv.reader(io.StringIO(Path(kept.value.path()).read_text())))
        browser.close()
    assert (complaints, found) == ([], [])
    assert [url for url in asked if not url.startswith((service.url, "data:", "blob:"))] == []
    assert "Workflows: pa*." in told
    assert "Severity: high." in told
    assert {row[1] for row in rows if row[0] == "headline"} == {"pay"}


def test_a_picture_a_section_and_a_file_are_of_the_question_asked(service):
    drawn, headers = fetched(service, "/reports/trend/chart.png?since=1d&section=groups")
    assert (drawn[:4], headers["content-type"]) == (b"\x89PNG", "image/png")
    text, headers = fetched(service, "/api/v1/reports/trend?since=1d&format=csv&section=groups&download=1")
    assert {row[0] for row in csv.reader(io.StringIO(text.decode()))} == {"section", "groups"}
    assert headers["content-disposition"] == 'attachment; filename="tocsin-report.csv"'
    page, headers = fetched(service, "/api/v1/reports/trend?since=1d&format=html&download=1")
    assert f'href="{service.url}/groups/'.encode() in page
    assert b"<form" not in page


@pytest.mark.parametrize(
    "path",
    ["/reports/trend/chart.png?section=none", "/reports/trend/chart.png?section=quality&place=9",
     "/api/v1/reports/trend?format=xml", "/api/v1/reports/trend?format=csv&section=none",
     "/api/v1/reports/trend?section=groups"],
)  # fmt: skip
def test_what_cannot_be_given_is_refused(service, path):
    with pytest.raises(urllib.error.HTTPError) as refused:
        fetched(service, path)
    assert refused.value.code == 400
    assert b"error" in refused.value.read()


def test_a_report_that_was_shown_gives_the_same_numbers_again(service):
    page, _ = fetched(service, "/reports/trend?since=1d&whole=1")
    named = re.search(r"/reports/([0-9a-f]{16})", page.decode())[1]
    before, _ = fetched(service, f"/api/v1/reports/trend?id={named}&format=json")
    service.post("/api/v1/events", [{"workflow": "pay", "run_id": "later", "outcome": "failed"}])
    service.wait_drained()
    again, _ = fetched(service, f"/api/v1/reports/trend?id={named}&format=json")
    assert again == before
    assert named in fetched(service, f"/reports/{named}")[0].decode()
    assert json.loads(fetched(service, "/api/v1/reports/trend?since=1d")[0])["id"] != named
    with pytest.raises(urllib.error.HTTPError) as refused:
        fetched(service, "/reports/0000000000000000")
    assert b"is not kept" in refused.value.read()
