"""Is a mail the same as it was, and good to read: narrow and wide, by day and by night? In a real Chromium.

``TOCSIN_GOLDEN=write pytest tests/notifiers/test_mail_page.py`` writes the files under ``golden/mail`` anew; read them
before they are committed. ``TOCSIN_SHOTS=FOLDER`` keeps what the browser showed.
"""

import base64
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from notifiers.mail_compose import compose
from notifiers.rendering import worded
from support.letters import ALL, LETTERS

GOLDEN = Path(__file__).parent / "golden" / "mail"
CHROMIUM = Path("/usr/bin/chromium")
WIDTHS = {"narrow": 360, "wide": 1024}
LEAST_CONTRAST = 4.5
FARTHEST = "Math.max(...[...document.body.querySelectorAll('*')].map(e => e.getBoundingClientRect().right))"
# What a person reads: every element that holds text of its own, with the colour under it.
READ = """() => {
  const channels = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = element => {
    for (let each = element; each; each = each.parentElement) {
      const found = channels(getComputedStyle(each).backgroundColor);
      if (found.length === 3 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const own = element => [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
  const seen = [...document.body.querySelectorAll('*')].filter(e => own(e) && e.getClientRects().length);
  return seen.map(element => {
    const [a, b] = [channels(getComputedStyle(element).color), ground(element)].map(light).sort((x, y) => y - x);
    return {text: element.textContent.slice(0, 60), contrast: (a + 0.05) / (b + 0.05), ground: ground(element)};
  });
}"""


def forms(said):
    """(text, html, picture or b"") as a program that reads mails finds them."""
    mail = compose(said, "Tocsin <tocsin@example.com>", "ops@example.com")
    pictures = [part.get_content() for part in mail.walk() if part.get_content_type() == "image/png"]
    text, html = (mail.get_body((form,)).get_content().replace("\r\n", "\n") for form in ("plain", "html"))
    return text, html, b"".join(pictures)


@pytest.mark.parametrize("reason", LETTERS)
@pytest.mark.parametrize("form", ["txt", "html"])
def test_a_mail_of_every_reason_is_as_it_was(reason, form):
    text, html, _ = forms(LETTERS[reason])
    path, now = GOLDEN / f"{reason}.{form}", {"txt": text, "html": html}[form]
    if os.environ.get("TOCSIN_GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(now)
    assert path.read_text() == now


def test_no_golden_file_is_left_of_what_is_no_reason_any_more():
    assert {path.stem for path in GOLDEN.iterdir()} == set(LETTERS)


@pytest.fixture
def opened(browser):
    """Opens a mail as a program for mails would: the picture is that of the mail. What it asked for is told too."""
    contexts = []

    def go(said, size, scheme):
        _, html, picture = forms(said)
        data = "data:image/png;base64," + base64.b64encode(picture).decode()
        context = browser.new_context(viewport={"width": WIDTHS[size], "height": 800}, color_scheme=scheme)
        contexts.append(context)
        page, asked = context.new_page(), []
        page.on("request", lambda request: asked.append(request.url))
        page.set_content(re.sub(r'"cid:[^"]+"', f'"{data}"', html))
        _keep(page, f"{said.reason}-{size}-{scheme}")
        return page, [url for url in asked if not url.startswith(("data:", "about:"))]

    yield go
    for context in contexts:
        context.close()


def _keep(page, name):
    if folder := os.environ.get("TOCSIN_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


in_a_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]


def marked(test):
    for mark in in_a_browser:
        test = mark(test)
    return test


@marked
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", WIDTHS)
@pytest.mark.parametrize("reason", LETTERS)
def test_it_can_be_read_narrow_and_wide_by_day_and_by_night(opened, reason, size, scheme):
    page, asked = opened(LETTERS[reason], size, scheme)
    assert asked == []
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[size]
    assert page.evaluate(FARTHEST) <= WIDTHS[size]
    read = page.evaluate(READ)
    assert len(read) > 3
    assert [each for each in read if each["contrast"] < LEAST_CONTRAST] == []
    assert "<" not in page.inner_text("body")
    body = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (body == "rgb(18, 18, 18)") == (scheme == "dark")


@marked
def test_words_without_an_end_are_broken(opened):
    endless = dict.fromkeys(
        ("workflow", "step", "error_type", "error_message", "version", "team", "mention"), "w" * 900
    )
    part = replace(ALL, **endless, evidence=(("e" * 99, "e" * 99),))
    for said in (replace(LETTERS["first"], alerts=(part,)), replace(LETTERS["digest"], alerts=(part, part))):
        page, _ = opened(worded(said), "narrow", "light")
        assert page.evaluate(FARTHEST) <= WIDTHS["narrow"]


@marked
@pytest.mark.parametrize("reason", LETTERS)
def test_the_picture_is_shown_and_says_in_words_what_it_shows(opened, reason):
    page, _ = opened(LETTERS[reason], "narrow", "light")
    shown = page.evaluate("[...document.images].map(i => [i.naturalWidth, i.clientWidth <= 360, i.alt])")
    if reason == "test":
        assert shown == []
    else:
        [(natural, fits, alt)] = shown
        chart = reason == "report"
        assert (natural, fits) == (1 if chart else 960, True)
        assert ("Bad runs over time" if chart else "at most 12") in alt


@marked
def test_links_are_there_without_any_style(opened):
    page, _ = opened(LETTERS["first"], "narrow", "light")
    page.evaluate("document.querySelectorAll('[style], style').forEach(e => e.tagName === 'STYLE' "
                  "? e.remove() : e.removeAttribute('style'))")  # fmt: skip
    tops = page.evaluate("[...document.querySelectorAll('.button')].map(e => e.getBoundingClientRect().top)")
    assert len(tops) == 5
    assert len(set(tops)) == 5
