// Fetches the whole report, and puts what is new of it into the page.
(async () => {
  const status = document.getElementById("rest");
  const id = page => page.getElementById("main").dataset.report;
  const parts = (page, what) => [...page.querySelectorAll(what)];

  const swap = (old, fresh) => {
    const stops = each => parts(each, "a, summary, [tabindex]");
    const focus = stops(old).indexOf(document.activeElement);
    parts(old, "details").forEach((each, place) => { if (each.open) parts(fresh, "details")[place]?.setAttribute("open", ""); });
    old.replaceWith(fresh);
    stops(fresh)[focus]?.focus({preventScroll: true});
  };

  // By the same id the sections that are there say the same. By another all of them are put in.
  const put = whole => {
    const same = id(whole) === id(document);
    const fresh = what => parts(whole, what);
    for (const what of [".verdict", ".meta", ".exports", "#figures"]) {
      parts(document, what).forEach((old, place) => fresh(what)[place] && swap(old, fresh(what)[place]));
    }
    const lines = fresh(".contents li");
    parts(document, "section").forEach((old, place) => {
      if (same && !old.hasAttribute("aria-busy")) return;
      swap(parts(document, ".contents li")[place], lines[place]);
      swap(old, whole.getElementById(old.id));
    });
    document.getElementById("main").dataset.report = id(whole);
    document.dispatchEvent(new Event("whole"));
  };

  // What the reader looks at stays where it is.
  const still = change => {
    const seen = parts(document, "header, section").find(each => each.getBoundingClientRect().bottom > 0);
    const now = () => (document.getElementById(seen?.id) ?? document.querySelector("header")).getBoundingClientRect().top;
    const before = now();
    document.documentElement.style.overflowAnchor = "none";
    change();
    scrollBy({top: now() - before, behavior: "instant"});
    document.documentElement.style.overflowAnchor = "";
  };

  const parsed = async answer => {
    if (!answer.ok) throw new Error(`the service answers ${answer.status}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!page.getElementById("main")?.dataset.report) throw new Error("the service answers with another page");
    return page;
  };

  const failed = error => {
    const again = document.createElement("a");
    again.href = status.dataset.whole;
    again.textContent = "Try again";
    status.replaceChildren(`The rest of the report did not come: ${error.message}. `, again);
  };

  try {
    status.textContent = "Some answers take longer and are on their way.";
    const whole = await parsed(await fetch(status.dataset.from));
    if (document.readyState === "loading") await new Promise(done => addEventListener("DOMContentLoaded", done));
    still(() => put(whole));
    status.textContent = "All answers are there.";
  } catch (error) {
    failed(error);
  }
})();
