// Reports: summed up, weighed, drawn by a bundle of the web team's, and exported.
const assert = require("node:assert");
const { execFile } = require("node:child_process");
const { draw } = require(`../dist/${require("../dist/manifest.json").charts}`);

class ExportFailed extends Error {
  name = "ExportFailed";
}

async function render(report) {
  const total = sumUp(report);
  const weights = weigh(report.categories, report.top);
  const charts = await draw(report.sections);
  await exported(report.export);
  return { total, weights, charts };
}

function sumUp(report) {
  const total = report.rows.reduce((sum, row) => sum + row.cents, 0);
  assert.strictEqual(total, report.total);
  return total;
}

function weigh(categories, name) {
  return 1 + weighAll(categories, categories[name] ?? []);
}

function weighAll(categories, names) {
  return names.map((name) => weigh(categories, name)).reduce((sum, weight) => sum + weight, 0);
}

function exported([command, ...parameters]) {
  return new Promise((resolve, reject) => {
    execFile(command, parameters, (error, _, told) => {
      if (error) reject(new ExportFailed(`exporter ended with ${error.code}: ${told}`));
      else resolve();
    });
  });
}

module.exports = { render };
