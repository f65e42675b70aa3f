"""Does a run come out as its engine's own records say? The recordings' ground truth, and what no recording can tell."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from alerting.tracking.record import RunRecord
from rules.vocabulary import Outcome
from support.corpus import ROOT, expected

OUTCOMES = {
    **{outcome.value: outcome for outcome in Outcome},
    **dict.fromkeys(("success", "SUCCESS"), Outcome.SUCCEEDED),
    **dict.fromkeys(("failure", "FAILURE"), Outcome.FAILED),
    **dict.fromkeys(("timeout",), Outcome.TIMED_OUT),
    **dict.fromkeys(("error", "killed", "running_when_killed"), Outcome.CRASHED),
    **dict.fromkeys(("cancellation", "terminated", "REVOKED"), Outcome.CANCELLED),
    **dict.fromkeys(("skip", "ignored", "expired"), Outcome.SKIPPED),
    **dict.fromkeys(("ENQUEUED",), Outcome.RUNNING),
}
FACTS = ("outcome", "error_type", "failing_step", "attempts")


@dataclass
class Truth:
    """What one run was; a fact that is None is not known. ``free`` are facts that the recording cannot tell."""

    workflow: str
    run_id: str
    facts: dict[str, Any]
    free: set[str] = field(default_factory=set)
    also: set[str] = field(default_factory=set)

    @property
    def key(self) -> str:
        return f"{self.workflow}/{self.run_id}"


def recordings() -> list[tuple[str, str]]:
    """Every recording of telemetry that is there, as (engine, folder)."""
    found = sorted(path.relative_to(ROOT / "engines") for path in (ROOT / "engines").glob("*/raw*"))
    return [(str(path.parent), path.name) for path in found if next((ROOT / "engines" / path).glob("*.pb"), None)]


def truths(engine: str, recording: str) -> list[Truth]:
    """Every run of the recording that its bodies can tell of."""
    told = expected(f"engines/{engine}")["recordings"][recording]
    rows = _tasks(told) if engine == "celery" else told["runs"]
    entries = [e for e in _unobservable() if fnmatchcase(f"{engine}/{recording}", e["recording"])]
    found = (_relieved(_truth(row), entries) for row in rows)
    return [truth for truth in found if not truth.free & {"run", "ambiguous"}]


def differences(runs: dict[str, RunRecord], wanted: Iterable[Truth]) -> list[str]:
    """One line for each fact that came out otherwise."""
    return [line for truth in wanted for line in _differences(runs.get(truth.key), truth)]


def _differences(run: RunRecord | None, truth: Truth) -> Iterator[str]:
    if run is None:
        yield f"{truth.key} was not recognised"
        return
    ours = {
        "outcome": run.outcome,
        "error_type": run.error.type,
        "failing_step": run.failing_step,
        "attempts": run.attempts,
    }
    for name in FACTS:
        theirs = truth.facts[name]
        unknown = theirs is None and (name != "error_type" or run.bad)
        if unknown or name in truth.free or ours[name] == (theirs or ""):
            continue
        if name == "outcome" and run.outcome.value in truth.also:
            continue
        if not run.bad and not theirs:
            continue
        yield f"{truth.key}: {name} is {ours[name]!r}, not {theirs!r}"


def _truth(row: dict[str, Any]) -> Truth:
    outcome = OUTCOMES[row["status"]]
    return Truth(
        row["workflow"],
        row["run_id"],
        {
            "outcome": outcome,
            "error_type": row["error_type"],
            "failing_step": row.get("failing_step"),
            "attempts": row["attempts"],
        },
    )


def _tasks(told: dict[str, Any]) -> list[dict[str, Any]]:
    tasks = [task for run in told["runs"] for task in run["tasks"]] + told["other_tasks"]
    return [
        {**task, "workflow": task["task"], "run_id": task["task_id"], "status": task["state"] or "ignored"}
        for task in {task["task_id"]: task for task in tasks}.values()
    ]


def _unobservable() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((ROOT / "unobservable.json").read_text())["entries"]
    return found


def _relieved(truth: Truth, entries: list[dict[str, Any]]) -> Truth:
    for entry in entries:
        if any(fnmatchcase(truth.key, glob) for glob in entry["runs"]):
            if entry["fact"] == "outcome":
                truth.also |= set(entry["also_accepted"])
            else:
                truth.free.add(entry["fact"])
    return truth
