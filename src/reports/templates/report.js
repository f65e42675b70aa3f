(async () => {
  const root = document.documentElement;
  let places = [];
  const home = document.getElementById("main").dataset.home;
  const text = id => document.getElementById(id).textContent;
  let figures = {};
  const PAPER = {ink: "#000000", card: "#ffffff", line: "#aaaaaa", depth: .65, width: 680, size: 10, tallest: 880};
  const NARROW = 560;
  let printing = false;

  const unpack = async () => {
    const packed = Uint8Array.from(atob(text("plotly")), letter => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text();
    document.head.append(script);
  };

  const screen = place => {
    const style = getComputedStyle(root);
    const of = name => style.getPropertyValue(name).trim();
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    return {ink: of("--ink"), card: of("--card"), line: of("--line"), depth: dark ? .5 : .65, width: place.clientWidth};
  };

  // Names come escaped: plotly reads some HTML in them.
  const ESCAPED = [["&lt;", "<"], ["&gt;", ">"], ["&amp;", "&"]];
  const plain = name => ESCAPED.reduce((text, [from, to]) => text.replaceAll(from, to), `${name}`);
  const escaped = name => ESCAPED.toReversed().reduce((text, [to, from]) => text.replaceAll(from, to), name);
  const short = (name, most) => plain(name).length > most ? escaped(plain(name).slice(0, most - 1) + "…") : name;

  // Broken between words into lines of about so many letters.
  const broken = (name, most) => plain(name).split(" ").reduce((lines, word) => {
    const longer = `${lines.at(-1)} ${word}`.trim();
    return longer.length <= most ? [...lines.slice(0, -1), longer] : [...lines, word];
  }, [""]).filter(line => line).map(escaped).join("<br>");

  const named = (data, letter) => [...new Set(data.flatMap(trace => trace[letter] ?? []))];

  // In lines of about so many letters, broken behind spaces, hyphens, dots and underscores; what is left over is cut.
  const wrapped = (name, most, lines) => {
    const found = [""];
    for (const piece of plain(name).split(/(?<=[ ._/-])/)) {
      if (found.at(-1) && (found.at(-1) + piece).trimEnd().length > most) found.push("");
      found[found.length - 1] += piece;
    }
    const kept = found.slice(0, lines);
    if (found.length > lines) kept[lines - 1] += "…";
    return kept.map(line => short(escaped(line.trim()), most)).join("<br>");
  };

  const isTime = name => /\b20\d\d$|\d:\d\d/.test(name);

  // Names down the side take two lines. Along the bottom times are thinned out, and a few other names stand aslant.
  const label = (layout, data, narrow) => {
    if (layout.yaxis.type === "category") {
      const names = named(data, "y");
      const most = narrow ? 17 : 36;
      Object.assign(layout.yaxis, {tickmode: "array", tickvals: names, ticktext: names.map(name => wrapped(name, most, 2))});
    }
    if (layout.xaxis.type === "category") {
      const names = named(data, "x");
      const longest = Math.min(24, Math.max(...names.map(name => plain(name).length)));
      const room = Math.max(2, Math.floor((layout.width - 100) / (layout.font.size * (.6 * longest + 1.2))));
      const aslant = names.length > room && names.length <= 20 && !names.some(isTime);
      const every = aslant ? 1 : Math.ceil(names.length / room);
      const shown = names.filter((_, place) => place % every === 0);
      const tickangle = aslant ? -40 : 0;
      if (aslant) layout.height += .4 * layout.font.size * longest;
      Object.assign(layout.xaxis, {tickmode: "array", tickvals: shown, ticktext: shown.map(name => short(name, 24)), tickangle});
    }
  };

  // The legend stands above the plot, and takes nothing of its height.
  const legendRows = (data, layout) => {
    const names = data.filter(trace => trace.showlegend !== false && trace.type !== "heatmap").map(trace => trace.name.split("<br>"));
    if (names.length < 2) return 0;
    const longest = Math.max(...names.flat().map(line => plain(line).length));
    const columns = Math.max(1, Math.floor((layout.width - 100) / (60 + .6 * layout.font.size * longest)));
    return Math.ceil(names.length / columns) * Math.max(...names.map(lines => lines.length));
  };

  // A cell's text is ink: between the card and a part of the colour it can always be read.
  const shade = (card, colour, depth) => {
    const part = (hex, at) => parseInt(hex.length === 4 ? hex[at + 1].repeat(2) : hex.slice(1 + 2 * at, 3 + 2 * at), 16);
    const mixed = [0, 1, 2].map(at => Math.round(part(card, at) + depth * (part(colour, at) - part(card, at))));
    return `rgb(${mixed.join()})`;
  };

  // What is said of a line near the right end stands at its left.
  const inward = (layout, data) => {
    const along = named(data, "x");
    const numbers = along.filter(Number.isFinite);
    const share = x => along.includes(x) && !numbers.includes(x) ? along.indexOf(x) / along.length : x / Math.max(...numbers);
    for (const note of layout.annotations ?? []) if (share(note.x) > .6) note.xanchor = "right";
  };

  const dress = (trace, look) => {
    if (trace.type === "bar") trace.marker.line = {color: look.ink, width: trace.orientation !== "h" && trace.x.length > 45 ? .2 : .6};
    if (trace.type === "heatmap") {
      trace.colorscale = [[0, look.card], [1, shade(look.card, trace.colorscale[1][1], look.depth)]];
      trace.textfont = {color: look.ink};
      const most = Math.max(...trace.text.flat().map(text => text.length));
      const beside = 60 + 7 * Math.min(look.width < NARROW ? 17 : 36, Math.max(...trace.y.map(name => plain(name).length)));
      if ((look.width - beside) / trace.x.length < 8 * most + 3) delete trace.texttemplate; // it is in the table
      if (look.width < NARROW) trace.colorbar.len = 1;
    }
  };

  const fit = (figure, look) => {
    const {layout, data} = figure;
    const narrow = look.width < NARROW;
    layout.width = look.width;
    layout.font.color = look.ink;
    layout.hoverlabel = {bgcolor: look.card, bordercolor: look.line, font: {color: look.ink}, align: "left"};
    layout.font.size = look.size ?? (narrow ? 11 : 13);
    label(layout, data, narrow);
    if (narrow) {
      layout.margin = {...layout.margin, l: 8, r: 8};
      for (const note of layout.annotations ?? []) note.text = short(note.text, 14);
      for (const trace of data) if (trace.name) trace.name = broken(trace.name, (layout.width - 80) / (.6 * layout.font.size));
      for (const axis of ["xaxis", "yaxis", "yaxis2"]) {
        const title = layout[axis]?.title;
        if (title?.text) title.text = broken(title.text, (layout.width - 160) / (.6 * layout.font.size));
      }
    }
    layout.height += 1.5 * layout.font.size * Math.max(0, legendRows(data, layout) - 1);
    layout.height = Math.min(layout.height, look.tallest ?? Infinity);
    inward(layout, data);
    if (matchMedia("(pointer: coarse)").matches) {
      layout.dragmode = false; // a finger scrolls the page
      for (const axis of ["xaxis", "yaxis", "yaxis2"]) if (layout[axis]) layout[axis].fixedrange = true;
    }
  };

  const follow = event => {
    const point = event.points.find(each => each.data.meta?.[each.pointNumber]);
    if (point) location.assign(home + point.data.meta[point.pointNumber]);
  };

  const draw = (place, look = screen(place)) => {
    const figure = structuredClone(figures[place.dataset.figure]);
    figure.data.forEach(trace => dress(trace, look));
    fit(figure, look);
    Plotly.react(place, figure.data, figure.layout, {displaylogo: false, displayModeBar: false});
    if (!place.dataset.drawn && home !== undefined && figure.data.some(trace => trace.meta)) {
      place.classList.add("linked");
      place.on("plotly_click", follow);
    }
    place.dataset.drawn = place.clientWidth;
  };

  const drawn = () => places.filter(place => place.dataset.drawn);
  const onScreen = new IntersectionObserver(seen => seen.forEach(({target, isIntersecting}) => {
    if (isIntersecting && !target.dataset.drawn) draw(target);
  }), {rootMargin: "600px"});
  const onWidth = new ResizeObserver(changed => changed.forEach(({target}) => {
    if (!printing && target.dataset.drawn && +target.dataset.drawn !== target.clientWidth) draw(target);
  }));

  // Again when the rest of the report has come.
  const watch = () => {
    figures = JSON.parse(text("figures"));
    places = [...document.querySelectorAll("[data-figure]")];
    for (const observer of [onScreen, onWidth]) {
      observer.disconnect();
      places.forEach(place => observer.observe(place));
    }
  };

  try {
    await new Promise(painted => requestAnimationFrame(() => setTimeout(painted)));
    await unpack();
    watch();
    document.addEventListener("whole", watch);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawn().forEach(place => draw(place)));
    addEventListener("beforeprint", () => {
      printing = true;
      places.forEach(place => draw(place, PAPER));
    });
    addEventListener("afterprint", () => {
      printing = false;
      drawn().forEach(place => draw(place));
    });
    root.dataset.ready = "yes";
  } catch (error) {
    delete root.dataset.scripts;
    throw error;
  }
})();
