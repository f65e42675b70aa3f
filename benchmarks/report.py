"""A 90-day report over 1,000,000 stored runs of 20 workflows: how long does each part take, and how much memory?

    .venv/bin/python -m benchmarks.report [--runs 1000000] [--told 20000]

Fills a store with a history of known truth (a minute or two; it is kept in the temporary folder for the next time, as
long as the code that fills it is the same), with two weeks before the 90 days at the same density. Then makes the
report in a process of its own, and what its page answers at once. Last, ``--told`` runs go the real way from OTLP
bodies into two stores, with two and with ten spans a run: the program ends with an error where their rollups differ.
"""

import argparse
import hashlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

from benchmarks.history.ingesting import Worker
from benchmarks.history.planting import START, world
from benchmarks.history.telemetry import bodies

from alerting.database.port import Store
from alerting.database.sqlite import open_sqlite
from alerting.demo.history.filling import fill
from alerting.demo.history.playing import runs
from alerting.reporting.answering import at_once, report_of
from alerting.reporting.asking import Wanted, formed
from alerting.reporting.reading import frames_from
from alerting.storage import packs
from rules.instants import DAY, format_instant

DAYS, BEFORE, ZONE, TIMES = 90, 14, "Europe/Vienna", 5
NOW = START + (BEFORE + DAYS) * DAY
MADE_BY = (
    "src/alerting/storage", "src/alerting/database", "src/alerting/tracking", "src/alerting/demo/history", "src/rules",
    "benchmarks/history",
)  # fmt: skip


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--runs", type=int, default=1_000_000, help="within the 90 days")
    asked.add_argument("--told", type=int, default=20_000, help="by spans, twice")
    asked.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.measure:
        measure(given.measure)
        return
    command = [sys.executable, "-m", "benchmarks.report", "--measure", str(filled(given.runs))]
    subprocess.run(command, check=True)
    compare_spans(given.told)


def filled(count: int) -> Path:
    """The folder of a store with so many runs in the 90 days."""
    folder = Path(tempfile.gettempdir()) / f"tocsin-history-{count}-{_made_by()}"
    if not folder.exists():
        began, unfinished = time.monotonic(), Path(tempfile.mkdtemp(prefix="tocsin-history-"))
        store = open_sqlite(unfinished)
        written = fill(store, runs(world(days=BEFORE + DAYS, runs=count * (BEFORE + DAYS) // DAYS)))
        while packs.pack(store, NOW):
            pass
        store.close()
        unfinished.rename(folder)
        print(f"{written:,} runs written in {time.monotonic() - began:.0f} s")
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(f"{folder}: {size / 1e6:,.0f} MB")
    return folder


def _made_by() -> str:
    hashed = hashlib.sha256()
    root = Path(__file__).parents[1]
    for path in sorted(path for folder in MADE_BY for path in (root / folder).rglob("*.py")):
        hashed.update(path.read_bytes())
    return hashed.hexdigest()[:8]


def measure(folder: Path) -> None:
    """By part, then as a whole, in this process."""
    with told("import of pandas and plotly"):
        import reports.trend
        from reports.period import Filters, Period
        from reports.render_html import render_html
    module: Any = reports.trend
    store = open_sqlite(folder)
    period = Period(NOW - DAYS * DAY, NOW, ZONE, NOW)
    with told("frames"):
        frames = frames_from(store, period)
    n = frames.runs[(frames.runs.bucket >= period.first) & (frames.runs.bucket < period.until)].n.sum()
    print(f"  {n:,} runs in the period; rows: {_rows(frames)}")
    module.SECTIONS = tuple(map(_timed, module.SECTIONS))
    with told("report"):
        report = module.trend(frames, period, Filters())
    with told("HTML, the first (plotly's script is packed once)"):
        page = render_html(report)
    with told("HTML"):
        render_html(report)
    print(f"  {len(page) / 1e6:.2f} MB")
    del frames, report, page
    module.SECTIONS = tuple(build.__wrapped__ for build in module.SECTIONS)
    wanted = Wanted(since=format_instant(NOW - DAYS * DAY), until=format_instant(NOW), tz=ZONE)
    print(f"the page's first answer, from the store to HTML: {_often(lambda: _first(store, wanted))}")
    print(f"the whole, from the store to HTML: {_often(lambda: _html(store, wanted, NOW))}")
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    store.close()


def _timed(build: Callable[..., object]) -> Callable[..., object]:
    def timed(*given: object) -> object:
        with told(f"  section {build.__module__.rpartition('.')[2]}"):
            return build(*given)

    timed.__wrapped__ = build  # type: ignore[attr-defined]
    return timed


@contextmanager
def told(what: str) -> Iterator[None]:
    """Wall time, and that of the processor: on a machine with other work the second is what counts."""
    began, used = time.perf_counter(), time.process_time()
    yield
    print(f"{what}: {time.perf_counter() - began:.3f} s ({time.process_time() - used:.3f} s of processor)", flush=True)


def _often(work: Callable[[], object]) -> str:
    took, used = [], []
    for _ in range(TIMES):
        began, before = time.perf_counter(), time.process_time()
        work()
        took.append(time.perf_counter() - began)
        used.append(time.process_time() - before)
    return (
        f"median {statistics.median(took):.2f} s, worst {max(took):.2f} s of {TIMES}; "
        f"processor {statistics.median(used):.2f} s"
    )


def _processor(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def _html(store: Store, wanted: Wanted, now: int) -> str | bytes:
    return formed(report_of(store, wanted, now), "html")


def _first(store: Store, wanted: Wanted) -> str | bytes:
    answer = at_once(store, wanted, NOW)
    assert answer.report.pending, "a store that keeps the report of this benchmark: delete its folder"
    return formed(answer.report, "html")


def _tables(frames: Any) -> dict[str, Any]:
    found = {each.name: getattr(frames, each.name) for each in fields(frames)}
    return {name: table for name, table in found.items() if hasattr(table, "itertuples")}


def _rows(frames: Any) -> str:
    return ", ".join(f"{name} {len(table):,}" for name, table in _tables(frames).items())


def _sorted(frames: Any) -> dict[str, list[tuple[object, ...]]]:
    """The rows of every table, in an order that is not the store's."""
    return {name: sorted(table.itertuples(index=False, name=None)) for name, table in _tables(frames).items()}


def compare_spans(count: int) -> None:
    """The same runs told with two and with ten spans. Ends the program where their rollups differ."""
    from reports.period import Period

    told_of = world(days=14, runs=count)
    period = Period(told_of.since, told_of.until, ZONE, told_of.until)
    wanted = Wanted(since=format_instant(told_of.since), until=format_instant(told_of.until), tz=ZONE)
    found, took = [], []
    for spans in (2, 10):
        with tempfile.TemporaryDirectory() as folder:
            store = open_sqlite(Path(folder))
            worker = Worker(store)
            with told(f"{count:,} runs of {spans} spans taken in"):
                worker.take(bodies(runs(told_of), spans))
                worker.finish()
            _html(store, wanted, told_of.until)  # whatever is imported or packed only once
            took.append(min(_processor(lambda store=store: _html(store, wanted, told_of.until)) for _ in range(TIMES)))
            found.append(_sorted(frames_from(store, period)))
            store.close()
    print(f"  their reports: {took[0]:.3f} and {took[1]:.3f} s of processor, {took[1] / took[0]:.2f} times")
    if found[0] != found[1]:
        sys.exit(f"the rollups differ: {[name for name in found[0] if found[0][name] != found[1][name]]}")
    print("the rollups are the same")


if __name__ == "__main__":
    main()
