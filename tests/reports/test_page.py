"""Does the report read everywhere: wide and narrow, light and dark, on paper, by keyboard, without scripts?"""

import re
from pathlib import Path

import pytest

from reports.charts.spec import ChartSpec, Heat, Mark, Series
from reports.frames import frames_of
from reports.layout import badge, first_sentence, sheets, tied
from reports.model import Section, Table
from reports.render_html import render_html
from support.accessible import contrast, problems, stops
from support.reported import sample_report

CHROMIUM = Path("/usr/bin/chromium")
CSS = Path(__file__).parents[2] / "src/reports/templates/report.css"
SERVED = {"home": "/", "query": "since=28d&tz=Europe%2FVienna&workflow=pay*&workflow=%22%3E%3Cb%3E&token=x"}
in_a_browser = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed")
PRINTED = 688  # pixels between the margins of A4
TALLEST = 1016
COLOURS_OF_MAP = "at => [at.data[0].textfont.color, at.data[0].colorscale]"
CUT = """() => [...document.querySelectorAll(".chart")].flatMap(chart => {
  const {left, right, top, bottom} = chart.getBoundingClientRect();
  return [...chart.querySelectorAll("text")].filter(text => {
    const box = text.getBoundingClientRect();
    return box.width && (box.left < left - 1 || box.right > right + 1 || box.top < top - 1 || box.bottom > bottom + 1);
  }).map(text => `${chart.dataset.figure}: ${text.textContent}`);
})"""


def every_kind():
    """A section with each kind of chart, and names as long and as wild as they come."""
    names = [f"{place}. <i>tenants & co</i> of the far away region {place}" for place in range(14)]
    days = [f"{day} November 2026" for day in range(1, 31)]
    cells = [[day * hour / 168 for hour in range(24)] for day in range(7)]
    charts = [
        ChartSpec("Yields", "They differ.", [Series("points", "yield", [3.0] * 14, names, 2, low=[1.0] * 14,
                  high=[9.0] * 14, links=[f"groups/{place}" for place in range(14)])], horizontal=True, log=True),
        ChartSpec("Rhythm", "By hour.", heat=Heat([str(hour) for hour in range(24)], list("MTWTFSX"), cells,
                  [[f"{cell:.0f}" for cell in row] for row in cells], [[cell < 1 for cell in row] for row in cells])),
        ChartSpec("Recovery", "Half by 2 h.", [Series("steps", "open", [0, 1, 2], [1, 0.5, 0.2])], categories=False),
        ChartSpec("Lanes", "Two.", [Series("bar", "open", [3, 2], ["a", "b"], 5, base=[1, 4])], horizontal=True),
        ChartSpec("Stacks", "Most on the 2nd.", [
            *(Series("bar", f"cause {name}", days, [3] * 30, place) for place, name in enumerate(names[:7])),
            Series("band", "interval", days, [], 5, low=[1] * 30, high=[9] * 30, second=True),
            Series("line", "share, %", days, [5] * 30, 5, second=True),
        ], marks=[Mark(days[1], "v2 deployed"), Mark(days[3], "twice the workers")], stacked=True, second_title="%"),
    ]  # fmt: skip
    rows = [[name, 1234567, 0.123456, " ▁█", "worse", "●◐○"] for name in names] * 4
    table = Table("Every kind", ["Name", "Number", "Share", "Trend", "Verdict", "Last"], rows, ["runs?a=1&b=2"] * 56)
    return Section("every", "Which kinds are there?", "All. And more of them.", [table], charts=charts,
                   notes=["Nothing weakens it."])  # fmt: skip


@pytest.fixture(scope="module")
def report():
    made = sample_report()
    made.sections.append(every_kind())
    return made


@pytest.fixture(scope="module")
def path(report, tmp_path_factory):
    written = tmp_path_factory.mktemp("page") / "report.html"
    written.write_text(render_html(report, SERVED))
    return written


@pytest.fixture
def opened(browser, path):
    """Opens the report; fails if it asked anything of any network or complained."""
    asked, complaints, contexts = [], [], []

    def open_(width=1280, scheme="light", scripts=True, at=path, **more):
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme,
                                      java_script_enabled=scripts, **more)  # fmt: skip
        page = context.new_page()
        contexts.append(context)
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(at.as_uri())
        if scripts:
            page.wait_for_selector("html[data-ready=yes]")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert complaints == []


def look(page):
    """Every chart drawn, one after another as a reader comes to it."""
    for place in page.locator(".chart").all():
        place.scroll_into_view_if_needed()
        place.locator(".main-svg").first.wait_for()


@pytest.mark.browser
@in_a_browser
@pytest.mark.parametrize(("width", "touch", "scheme"), [(1280, False, "light"), (360, True, "dark")])
def test_charts_are_drawn_when_they_come_in_sight_and_nothing_scrolls_sideways(opened, width, touch, scheme):
    page = opened(width, scheme, has_touch=touch, is_mobile=touch)
    assert page.locator(".chart[data-drawn]").count() < page.locator(".chart").count()
    look(page)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    too_wide = "all => all.filter(each => each.querySelector('.main-svg').clientWidth > each.clientWidth).length"
    assert page.locator(".chart").evaluate_all(too_wide) == 0
    assert page.evaluate(CUT) == []


@pytest.mark.browser
@in_a_browser
def test_a_chart_follows_the_width_and_the_scheme(opened):
    page = opened(1280)
    chart = page.locator(".chart").first
    chart.scroll_into_view_if_needed()
    chart.locator(".main-svg").first.wait_for()
    ink = "document.querySelector('.chart .xtick text').style.fill"
    light = page.evaluate(ink)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"{ink} !== {light!r}")
    page.set_viewport_size({"width": 500, "height": 800})
    page.wait_for_function(
        "document.querySelector('.chart .main-svg').clientWidth === document.querySelector('.chart').clientWidth"
    )


@pytest.mark.browser
@in_a_browser
def test_on_paper_every_chart_is_whole_and_in_ink_and_the_short_tables_are_open(opened, tmp_path):
    page = opened(1280, "dark")
    printed = page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    sizes = re.findall(rb"/MediaBox ?\[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert {(round(float(wide) / 72 * 25.4), round(float(high) / 72 * 25.4)) for wide, high in sizes} == {(210, 297)}
    assert 5 <= len(re.findall(rb"/Type ?/Page\b", printed)) <= 40
    page.set_viewport_size({"width": PRINTED, "height": TALLEST})
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate("document.documentElement.scrollWidth") <= PRINTED
    for figure in page.locator("figure").all():
        assert figure.bounding_box()["height"] < TALLEST
        assert figure.locator(".main-svg").first.bounding_box()["width"] <= PRINTED
    assert page.evaluate(CUT) == []
    assert set(page.locator(".xtick text").evaluate_all("all => all.map(each => each.style.fill)")) == {"rgb(0, 0, 0)"}
    shown = page.locator("details:not(.long) table").evaluate_all("all => all.map(each => each.checkVisibility())")
    assert shown
    assert all(shown)
    assert page.locator(".long .unprinted").first.is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator(".chart").count() == page.locator(".chart[data-drawn]").count()


@pytest.mark.browser
@in_a_browser
def test_without_scripts_every_number_is_in_a_table(opened):
    page = opened(scripts=False)
    assert page.get_by_text("The charts need a script").is_visible()
    assert page.locator(".chart:visible").count() == 0
    page.locator("#every summary").click()
    assert page.locator("#every table tbody tr").count() == 56
    assert page.locator("#every tbody tr td").first.is_visible()


@pytest.mark.browser
@in_a_browser
def test_whoever_hears_it_or_uses_a_keyboard_gets_all_of_it(opened):
    page = opened()
    assert problems(page) == []
    came, wanted = stops(page)
    assert came == list(range(wanted))
    assert wanted > 60


@pytest.mark.browser
@in_a_browser
def test_contents_and_points_lead_where_they_say(opened, report, tmp_path):
    (tmp_path / "groups").mkdir()
    (tmp_path / "groups/3").write_text("the fourth")
    at = tmp_path / "report.html"
    at.write_text(render_html(report, {"home": f"{tmp_path.as_uri()}/"}))
    page = opened(at=at)
    for link in page.locator(".contents a").all():
        link.click()
        heading = page.locator(page.url[page.url.index("#") :]).get_by_role("heading").first
        assert 0 <= heading.bounding_box()["y"] < 800
    chart = page.locator("[data-figure=every-0]")
    chart.scroll_into_view_if_needed()
    chart.locator(".point").first.wait_for()
    point = chart.locator(".point").nth(3).bounding_box()
    middle = point["x"] + point["width"] / 2, point["y"] + point["height"] / 2
    page.mouse.move(middle[0] + 1, middle[1])
    page.mouse.click(*middle)
    page.wait_for_url("**/groups/3")


@pytest.mark.browser
@in_a_browser
def test_text_in_the_cells_of_a_map_can_be_read(opened):
    page = opened()
    chart = page.locator("[data-figure=every-1]")
    chart.scroll_into_view_if_needed()
    chart.locator(".main-svg").first.wait_for()
    light = chart.evaluate(COLOURS_OF_MAP)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("document.querySelector('[data-figure=every-1]').data[0].textfont.color !== '#1d1b19'")
    for ink, scale in (light, chart.evaluate(COLOURS_OF_MAP)):
        assert min(contrast(ink, end) for _, end in scale) >= 4.5


@pytest.mark.parametrize("scheme", [0, 1])
def test_every_text_has_enough_contrast(scheme):
    light, dark = re.findall(r":root \{ (--ground[^}]*)\}", CSS.read_text())[:2]
    colours = dict(re.findall(r"--(\w+): (#\w+)", (light, dark)[scheme]))
    for text in ("ink", "soft", "accent", "worse", "better"):
        for ground in ("ground", "card"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    assert contrast(colours["focus"], colours["ground"]) >= 3


def test_contrast_is_that_of_the_standard():
    assert contrast("#000", "rgb(255,255,255)") == pytest.approx(21)
    assert contrast("#777777", "#fff") == pytest.approx(4.48, abs=0.01)


def test_the_form_shows_what_was_asked_and_files_are_of_the_same_question(report):
    page = render_html(report, SERVED)
    assert '<input name="since" value="28d"' in page
    assert page.count('name="workflow"') == 3
    assert 'value="&#34;&gt;&lt;b&gt;"' in page
    query = "since=28d&amp;tz=Europe%2FVienna&amp;workflow=pay%2A&amp;workflow=%22%3E%3Cb%3E"
    assert f'href="/api/v1/reports/trend?{query}&amp;format=csv&amp;download=1"' in page
    assert f'href="/reports/trend/chart.png?{query}&amp;section=every&amp;place=4"' in page


def test_a_file_has_no_form_and_without_an_address_no_links(report):
    for links in ({}, {"query": "since=1d"}):
        page = render_html(report, links)
        assert "<form" not in page
        assert set(re.findall(r'href="(.)', page)) == {"#"}
    assert 'href="https://tocsin.example/runs?a=1&amp;b=2"' in render_html(report, {"home": "https://tocsin.example/"})


def test_the_verdict_is_a_word_and_a_shape(report):
    assert '<span aria-hidden="true">▲</span> worse' in render_html(report)
    report_of_nothing = sample_report(frames_of())
    assert "○</span> too few runs" in render_html(report_of_nothing)
    report_of_nothing.sections.clear()
    assert badge(report_of_nothing) is None
    assert '<p class="verdict' not in render_html(report_of_nothing)


def test_pictures_made_of_letters_are_read_out_as_numbers():
    [sheet] = sheets(Section("s", "?", ".", [Table("t", ["a", "b"], [["▁█ ", "●●○"], ["█", "◐"]])]))
    assert [cell.heard for cell in sheet.rows[0].cells] == [
        "bars of height 1 8 0, 8 being the highest",
        "2 bad, 1 good",
    ]


def test_a_column_of_small_pictures_may_have_gaps_and_one_of_nothing_holds_none():
    rows = [["▁█", ""], ["–", "–"], ["", ""]]
    [sheet] = sheets(Section("s", "?", ".", [Table("t", ["a", "b"], rows)]))
    assert [[cell.kind for cell in row.cells] for row in sheet.rows] == [["spark", "tight"]] * 3
    assert [row.cells[0].heard != "" for row in sheet.rows] == [True, False, False]


def test_columns_know_what_they_hold():
    rows = [
        [1234567, "2026-11-23 12:00", "x" * 60, "–", "5.0 % (4.2 % to 5.8 %)", "no evidence of a change"],
        [None, "–", "–", "y", "–", "worse"],
    ]
    table = Table("t", ["n", "when", "long", "short", "share", "verdict"], rows)
    [sheet] = sheets(Section("s", "?", ".", [table, Table("none", ["a"], [])]))
    assert [cell.kind for cell in sheet.rows[0].cells] == ["number", "when", "wide", "tight", "tight", ""]
    assert [row.cells[0].text for row in sheet.rows] == ["1\u202f234\u202f567", "–"]


def test_a_unit_stays_with_its_number():
    assert tied("2.2 % of 5 runs in 3 min, 4 more") == "2.2\u00a0% of 5\u00a0runs in 3\u00a0min, 4 more"


@pytest.mark.parametrize(
    ("text", "first"),
    [("1.5 % of runs. All else is well.", "1.5 % of runs."), ("None.", "None."), ("", ""), ("Is it? It is.", "Is it?")],
)
def test_contents_say_the_first_sentence(text, first):
    assert first_sentence(text) == first
