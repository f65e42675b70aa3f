"""A 90-day report, with the 90 days before it beside it, over 1,000,000 runs of 20 workflows.

    .venv/bin/python benchmarks/report.py

The frames are made directly: what is measured is the report, not the reading of rollups.
"""

import random
import time

from reports.frames import frames_of
from reports.period import DAY, QUARTER, Filters, Period
from reports.render_html import render_html
from reports.sketch import duration_bin
from reports.trend import trend

RUNS, WORKFLOWS, DAYS = 1_000_000, 20, 182
NOW = 1_795_500_000_000_000


def main() -> None:
    chance = random.Random(1)
    buckets = DAYS * DAY // QUARTER
    per_cell = RUNS / (buckets * WORKFLOWS)
    runs, durations, groups = [], [], []
    for index in range(buckets):
        bucket = NOW - NOW % QUARTER - index * QUARTER
        for number in range(WORKFLOWS):
            n = int(per_cell) + (chance.random() < per_cell % 1)
            bad = sum(chance.random() < 0.03 for _ in range(n))
            name = f"workflow-{number}"
            add(runs, n - bad, (bucket, "otel", name, "production", "", "succeeded"))
            add(runs, bad, (bucket, "otel", name, "production", "high", "failed"))
            add(groups, bad, (bucket, f"group-{number}-{index % 3}", name))
            add(durations, n, (bucket, "otel", name, True, duration_bin(round(chance.lognormvariate(15, 1)))))
    info = [
        (f"group-{n}-{i}", f"workflow-{n}", "s", "E", "m", 9, NOW - DAY, NOW)
        for n in range(WORKFLOWS)
        for i in range(3)
    ]
    began = time.time()
    frames = frames_of(runs, durations, groups, info)
    framed = time.time()
    report = trend(frames, Period(NOW - 90 * DAY, NOW, "Europe/Vienna", NOW), Filters())
    counted = time.time()
    page = render_html(report)
    first = time.time()
    render_html(report)
    print(f"{len(runs):,} rows of runs, {len(durations):,} of durations: {sum(row[-1] for row in runs):,} runs")
    print(f"frames {framed - began:.2f} s, report {counted - framed:.2f} s, page {time.time() - first:.2f} s "
          f"(the first one {first - counted:.2f} s: plotly's script is packed), {len(page) / 1e6:.2f} MB")  # fmt: skip


def add(rows: list[tuple[object, ...]], n: int, key: tuple[object, ...]) -> None:
    if n:
        rows.append((*key, n))


if __name__ == "__main__":
    main()
