(async () => {
  const root = document.documentElement;
  const places = [...document.querySelectorAll("[data-figure]")];
  const home = document.getElementById("main").dataset.home;
  const text = id => document.getElementById(id).textContent;
  const figures = JSON.parse(text("figures"));
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

  // Names down the side are cut, names along the bottom thinned out: upright text would take the height.
  const label = (layout, data, narrow) => {
    if (layout.yaxis.type === "category") {
      const names = named(data, "y");
      Object.assign(layout.yaxis, {tickmode: "array", tickvals: names, ticktext: names.map(name => short(name, narrow ? 18 : 44))});
    }
    if (layout.xaxis.type === "category") {
      const names = named(data, "x");
      const longest = Math.min(24, Math.max(...names.map(name => plain(name).length)));
      const room = Math.max(2, Math.floor((layout.width - 100) / (layout.font.size * (.6 * longest + 1.2))));
      const shown = names.filter((_, place) => place % Math.ceil(names.length / room) === 0);
      Object.assign(layout.xaxis, {tickmode: "array", tickvals: shown, ticktext: shown.map(name => short(name, 24)), tickangle: 0});
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
    if (trace.type === "bar") trace.marker.line = {color: look.ink, width: .6};
    if (trace.type === "heatmap") {
      trace.colorscale = [[0, look.card], [1, shade(look.card, trace.colorscale[1][1], look.depth)]];
      trace.textfont = {color: look.ink};
      if (look.width / trace.x.length < 24) delete trace.texttemplate; // numbers that small are in the table
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

  try {
    await new Promise(painted => requestAnimationFrame(() => setTimeout(painted)));
    await unpack();
    places.forEach(place => { onScreen.observe(place); onWidth.observe(place); });
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
