"""How long does a backtest of a million stored runs take on one core?

    .venv/bin/python benchmarks/backtest.py [--runs 1000000] [--failing 3]

Fills a store in a temporary folder with thirty days of runs of 200 workflows, of which a few in a hundred fail, by
twenty kinds of error; then replays them through usual rules, and through rules that are shown every success.
"""

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from alerting.configuration import load
from alerting.database.sqlite import open_sqlite
from alerting.rehearsal.replay import Replay
from alerting.storage.schema import FailureRow, RunRow, table
from rules.fingerprint import fingerprint
from rules.identity import run_key
from rules.instants import DAY, SECOND
from rules.model import ErrorInfo

START, DAYS, WORKFLOWS, AT_ONCE = 1_790_000_000 * SECOND, 30, 200, 20_000
CHANNELS = 'channels: {ops: {type: webhook, url: "http://127.0.0.1:9/x"}}\n'
RULES = {
    "usual rules": CHANNELS + 'rules: [{name: any}, {name: often, match: {workflow: "flow-1*"}, '
    "condition: {count: 5, within: 10m}, by: [workflow]}]",
    "rates of all workflows": CHANNELS + "rules: [{name: rate, condition: {rate: 0.2, within: 1h}, by: [workflow]}]",
}


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--runs", type=int, default=1_000_000)
    asked.add_argument("--failing", type=float, default=3, help="in a hundred")
    told = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = open_sqlite(Path(folder))
        began = time.monotonic()
        fill(store, told.runs, told.failing / 100)
        print(f"{told.runs:,} runs written in {time.monotonic() - began:.0f} s")
        for name, text in RULES.items():
            began = time.process_time()
            came = Replay(load(text).ruleset(), START, START + DAYS * DAY).run(store)
            took = time.process_time() - began
            print(f"{name}: {took:.1f} s, {(came.runs + came.failures) / took:,.0f} runs/s, {len(came.messages):,} "
                  f"messages of {len(came.alerts):,} alerts by {came.failures:,} failures")  # fmt: skip
        print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
        store.close()


def fill(store: Any, count: int, failing: float) -> None:
    chance, batch, failures = random.Random(1), [], []
    for run, failure in rows(count, failing, chance):
        batch.append(run)
        failures.extend([failure] if failure else [])
        if len(batch) == AT_ONCE:
            save(store, batch, failures)
    save(store, batch, failures)


def save(store: Any, runs: list[dict[str, Any]], failures: list[dict[str, Any]]) -> None:
    with store.write() as connection:
        for model, found in ((RunRow, runs), (FailureRow, failures)):
            if found:
                connection.execute(insert(table(model)), found)
            found.clear()


def rows(count: int, failing: float, chance: random.Random) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
    errors = [ErrorInfo(f"Error{number}", "it broke") for number in range(20)]
    for number in range(count):
        at = START + number * DAYS * DAY // count
        workflow, run_id = f"flow-{int(WORKFLOWS * chance.random() ** 2)}", f"run-{number}"
        error = chance.choice(errors) if chance.random() < failing else None
        run = {"id": run_key("event", workflow, run_id), "engine": "event", "workflow": workflow, "run_id": run_id,
               "environment": "production", "started_at": at - 5 * SECOND, "ended_at": at, "received_at": at + SECOND,
               "heard_at": at + SECOND, "told_by_event": True, "evaluated": error is not None,
               "outcome": "failed" if error else "succeeded"}  # fmt: skip
        yield run, failure(run, error) if error else None


def failure(run: dict[str, Any], error: ErrorInfo) -> dict[str, Any]:
    print_ = fingerprint(run["workflow"], "", error)
    return {**{name: run[name] for name in ("engine", "workflow", "run_id", "environment", "outcome", "received_at")},
            "id": f"failure-{run['run_id']}", "run": run["id"], "severity": "high", "error_type": error.type,
            "error_message": error.message, "error_group": print_.group, "cause": print_.cause,
            "occurred_at": run["ended_at"]}  # fmt: skip


if __name__ == "__main__":
    main()
