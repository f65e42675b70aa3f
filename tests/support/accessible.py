"""Can everybody read and use a page? What a keyboard and a screen reader need of it, checked in the page itself."""

_PROBLEMS = """() => {
  const problems = [];
  const all = selector => [...document.querySelectorAll(selector)];
  const must = (holds, said) => { if (!holds) problems.push(said); };
  const named = at => (at.getAttribute("aria-label") || (at.getAttribute("aria-labelledby") || "").split(" ")
    .map(id => document.getElementById(id)?.textContent ?? "").join("") || at.textContent).trim();
  const once = list => list.filter((each, place) => list.indexOf(each) !== place);
  must(document.documentElement.lang, "the page names no language");
  must(document.title.trim(), "the page has no title");
  must(all("h1").length === 1, "there is not one h1");
  must(all("main").length === 1, "there is not one main");
  must(all("header").length >= 1, "there is no header");
  all("nav").forEach(nav => must(nav.getAttribute("aria-label"), "a nav has no name"));
  let level = 0;
  all("h1, h2, h3, h4, h5, h6").forEach(heading => {
    const own = +heading.tagName[1];
    must(own <= level + 1, `${heading.textContent} is a heading of level ${own} under one of level ${level}`);
    must(heading.textContent.trim(), "a heading is empty");
    level = own;
  });
  all("a, button, summary").forEach(control => must(named(control), `${control.outerHTML.slice(0, 80)} has no name`));
  all("a").forEach(link => must(link.href, `${link.outerHTML.slice(0, 80)} leads nowhere`));
  all("input, select, textarea").forEach(field =>
    must(field.labels.length && field.labels[0].textContent.trim(), `${field.name} has no label`));
  all("img").forEach(image => must(image.hasAttribute("alt"), "an image has no alt"));
  all("[role=img], [role=group], [role=region]").forEach(part =>
    must(part.getAttribute("aria-label")?.trim() || part.hasAttribute("aria-labelledby"), "a part has no name"));
  all("[aria-labelledby]").forEach(part => part.getAttribute("aria-labelledby").split(" ").forEach(id =>
    must(document.getElementById(id), `${id} is not there to name anything`)));
  all("table").forEach(table => {
    must(table.caption?.textContent.trim(), "a table has no caption");
    must(table.querySelectorAll("thead th[scope=col]").length, "a table has no headings of columns");
    must(!table.querySelector("th:not([scope])"), `${table.caption?.textContent}: a th has no scope`);
    const widths = new Set([...table.rows].map(row => row.cells.length));
    must(widths.size === 1, `${table.caption?.textContent}: rows are of different lengths`);
  });
  once(all("[id]").map(each => each.id)).forEach(id => must(false, `two elements have the id ${id}`));
  all("a[href^='#']").forEach(link =>
    must(document.getElementById(decodeURIComponent(link.hash.slice(1))), `${link.hash} is not there`));
  must(all("[tabindex]").every(each => each.tabIndex <= 0), "the order of tabs is not that of the page");
  must(all("[role=img] [tabindex='0'], [role=img] a").length === 0, "something in a picture takes the focus");
  must(all("a, button, input, select, summary")[0]?.matches(".skip"), "no skip link comes first");
  return problems;
}"""
_FOCUSABLE = "a[href], summary, input, select, button, [tabindex='0']"
_NUMBERED = f"""() => {{
  const shown = [...document.querySelectorAll("{_FOCUSABLE}")].filter(each => each.checkVisibility());
  shown.forEach((each, place) => each.dataset.stop = place);
  return shown.length;
}}"""


def problems(page):
    return page.evaluate(_PROBLEMS)


def stops(page):
    """(the places that the Tab key came to, how many there are to come to), once everything is unfolded."""
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    wanted = page.evaluate(_NUMBERED)
    page.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0); }")
    came = []
    for _ in range(wanted + 5):
        page.keyboard.press("Tab")
        stop = page.evaluate("document.activeElement.dataset.stop ?? null")
        if stop is None or (came and int(stop) <= came[-1]):
            break
        came.append(int(stop))
    return came, wanted


def contrast(one, other):
    """WCAG 2's ratio of two colours as #rgb, #rrggbb or rgb(r,g,b)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour):
    parts = [part / 255 for part in _parts(colour)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _parts(colour):
    if colour.startswith("rgb"):
        return [int(part) for part in colour.strip("rgba()").split(",")[:3]]
    digits = colour.lstrip("#")
    digits = "".join(each * 2 for each in digits) if len(digits) == 3 else digits
    return [int(digits[at : at + 2], 16) for at in (0, 2, 4)]
