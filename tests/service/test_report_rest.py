"""Does the report's page answer at once what it can, and get the rest without disturbing who reads it?"""

import re
import urllib.request
from pathlib import Path

import pytest

from support.accessible import problems
from support.service import Service

CHROMIUM = Path("/usr/bin/chromium")
REST = re.compile(r"/reports/trend/rest\?")
LONG = ("incidents", "durations", "changes", "quality")
TOP = "id => document.getElementById(id).getBoundingClientRect().top"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]


def failures(name, many=40):
    return [
        {"workflow": workflow, "run_id": f"{workflow}-{name}-{n}", "outcome": "succeeded" if n % 4 else "failed",
         "started_at": "2026-01-01T00:00:00Z", **({} if n % 4 else {"error": {"type": "Boom", "message": "it broke"}})}
        for workflow in ("pay", "import") for n in range(many)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with Service("rules: []", tmp_path_factory.mktemp("rest")) as running:
        running.post("/api/v1/events", failures("first"))
        running.wait_drained()
        yield running


def fetched(service, path):
    with urllib.request.urlopen(f"{service.url}{path}", timeout=30) as answer:
        return answer.read().decode(), answer.headers["content-security-policy"]


class Reader:
    """Reads a page whose second request waits until it is let go."""

    def __init__(self, page):
        self.page, self._held, self.complaints = page, [], []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.route(REST, lambda route: self._held.append(route))

    def goto(self, path):
        with self.page.expect_request(REST):
            self.page.goto(path)
        self.page.wait_for_selector("html[data-ready=yes]")

    def let_go(self):
        for route in self._held:
            route.continue_()
        self.page.get_by_text("All answers are there.").wait_for()

    def fail(self, status):
        for route in self._held:
            route.fulfill(status=status, body="no")

    def pending(self):
        return self.page.locator("section[aria-busy=true]").evaluate_all("all => all.map(each => each.id)")


@pytest.fixture
def reader(browser, service):
    with browser.new_context(base_url=service.url, viewport={"width": 1280, "height": 800}) as context:
        yield Reader(context.new_page())


def test_the_first_answer_names_the_rest_and_may_fetch_it_and_the_whole_may_not(service):
    first, policy = fetched(service, "/reports/trend?since=2h")
    assert tuple(re.findall(r'<section id="(\w+)"[^>]* aria-busy="true"', first)) == LONG
    assert policy.endswith("; connect-src 'self'")
    assert not re.search(r"/reports/[0-9a-f]{16}", first)
    whole, plain = fetched(service, "/reports/trend?since=2h&whole=1")
    assert "aria-busy" not in whole
    assert re.search(r"/reports/[0-9a-f]{16}", whole)
    assert "connect-src" not in plain
    assert policy.startswith(plain)


def test_the_rest_comes_without_plotly_and_then_the_same_question_has_the_whole_at_once(service):
    first, _ = fetched(service, "/reports/trend?since=3h&workflow=pay")
    asked = re.search(r'data-from="([^"]*)"', first)[1].replace("&amp;", "&")
    rest, _ = fetched(service, asked)
    assert len(rest) < len(first) / 2
    named = re.search(r'data-report="(\w+)"', first)[1]
    assert f'href="/reports/{named}"' in rest
    again, _ = fetched(service, asked.replace("/rest", ""))
    assert "aria-busy" not in again
    assert f'data-report="{named}"' in again


def test_the_rest_is_put_in_and_the_reader_stays_where_he_was(reader):
    reader.goto("/reports/trend?since=4h")
    page = reader.page
    page.add_style_tag(content="html { overflow-anchor: none; }")  # some browsers keep no place by themselves
    assert tuple(reader.pending()) == LONG
    assert problems(page) == []
    kept = page.locator("#durations details").last
    kept.evaluate("each => each.open = true")
    page.locator("#rhythm").evaluate("each => each.scrollIntoView()")
    page.locator("#rhythm .main-svg").first.wait_for()
    summary = page.locator("#rhythm summary").first
    summary.evaluate("each => each.focus({preventScroll: true})")
    before = page.evaluate(TOP, "rhythm")
    reader.let_go()
    assert reader.pending() == []
    assert page.evaluate(TOP, "rhythm") == pytest.approx(before, abs=1)
    assert summary.evaluate("each => each === document.activeElement")
    assert kept.get_attribute("open") is not None
    assert page.locator("#rhythm .chart[data-drawn]").count()
    page.locator("#incidents").scroll_into_view_if_needed()
    page.locator("#incidents .main-svg").first.wait_for()
    assert page.locator(".contents li").filter(has_text="This takes longer").count() == 0
    assert problems(page) == []
    assert reader.complaints == []


def test_files_are_of_the_numbers_that_are_shown(reader, service):
    reader.goto("/reports/trend?since=5h")
    reader.let_go()
    named = reader.page.locator("#main").get_attribute("data-report")
    for link in reader.page.locator(".exports a").all():
        assert f"id={named}&" in link.get_attribute("href")
    assert f'data-report="{named}"' in fetched(service, f"/reports/{named}")[0]


def test_what_came_meanwhile_is_in_all_sections(reader, service):
    reader.goto("/reports/trend?since=6h")
    before = reader.page.locator("#headline .tiles dd").first.inner_text()
    summary = reader.page.locator("#rhythm summary").first
    summary.focus()
    service.post("/api/v1/events", failures("second", 4))
    service.wait_drained()
    reader.let_go()
    runs = [int(text.split()[0]) for text in (before, reader.page.locator("#headline .tiles dd").first.inner_text())]
    assert runs[1] == runs[0] + 8
    assert summary.evaluate("each => each === document.activeElement")
    reader.page.locator("#rhythm .main-svg").first.wait_for()
    assert reader.complaints == []


@pytest.mark.parametrize("status", [503, 200])
def test_a_rest_that_does_not_come_is_said_with_a_way_to_try_again(reader, status):
    reader.goto(f"/reports/trend?since={status}m")  # a question that no other test has the whole of
    reader.fail(status)
    again = reader.page.get_by_role("status").get_by_role("link", name="Try again")
    again.wait_for()
    assert "The rest of the report did not come" in reader.page.get_by_role("status").inner_text()
    again.click()
    reader.page.wait_for_url("**whole=1")
    reader.page.wait_for_selector("html[data-ready=yes]")
    assert reader.pending() == []


def test_without_scripts_a_link_leads_to_the_whole(browser, service):
    with browser.new_context(base_url=service.url, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto("/reports/trend?since=8h")
        page.locator("#changes").get_by_role("link", name="Show the whole report").click()
        page.wait_for_url("**whole=1#changes")
        assert page.locator("[aria-busy]").count() == 0
        assert page.get_by_text("takes longer").count() == 0


def test_a_report_of_nothing_gets_its_rest_too(reader):
    reader.goto("/reports/trend?since=9h&workflow=nothing")
    reader.let_go()
    assert reader.pending() == []
    assert reader.complaints == []
