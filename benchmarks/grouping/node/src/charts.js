// Charts: minified into a bundle with every release, as a web team's code comes.

async function draw(sections) {
  const drawn = [];
  for (const section of sections) drawn.push(await drawSection(section));
  return drawn.join("\n");
}

async function drawSection(section) {
  const bars = barsOf(section);
  await Promise.resolve();
  return [section.name, ...bars].join("\n");
}

function barsOf(section) {
  const highest = Math.max(...section.rows.map(heightOf));
  return section.rows.map((row) => "#".repeat(Math.round((heightOf(row) / highest) * 40)));
}

function heightOf(row) {
  return Math.abs(row);
}

module.exports = { draw };
