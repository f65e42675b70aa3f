"""A rich history for reports: six workflows over eight weeks, with what happens to real ones."""

import math
import random
from collections import Counter
from datetime import UTC, datetime

from reports.frames import Objective, frames_of
from reports.period import DAY, Filters, Period
from reports.sketch import duration_bin
from reports.trend import trend

NOW = int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()) * 1_000_000
HOUR, QUARTER = DAY // 24, DAY // 96
DAYS = 56
MONTH = Period(NOW - 28 * DAY, NOW, "Europe/Vienna", NOW)
# workflow: runs a day, share of bad ones, seconds of a run, errors
WORKFLOWS = {
    "checkout": (160, 0.02, 4, [("CardDeclined", "charge"), ("GatewayTimeout", "charge")]),
    "nightly-import": (24, 0.08, 900, [("SchemaMismatch", "load"), ("OutOfMemory", "transform")]),
    "send-mail <b>now</b>": (220, 0.01, 1.5, [("SMTPServerDisconnected", "deliver")]),
    "rebuild-search-index-of-all-tenants": (48, 0.05, 120, [("ElasticsearchUnavailable", "bulk_write")]),
    "billing.close_month": (12, 0.04, 60, [("LockTimeout", "post_ledger")]),
    "thumbnails": (90, 0.03, 8, [("UnsupportedFormat", "decode"), ("OutOfMemory", "resize")]),
}
ENGINES = ("temporal", "airflow", "inngest", "prefect", "celery", "bullmq")
TURN = NOW - 10 * DAY  # checkout's release v2.4.0 is a bad one
OUTAGE = NOW - 5 * DAY


def sample_frames(seed=7):
    chance = random.Random(seed)
    made = sorted((run for name in WORKFLOWS for run in _runs(chance, name)), key=lambda run: run["at"])
    tables = {name: Counter() for name in ("runs", "durations", "groups", "tries")}
    for run in made:
        _count(tables, run)
    return frames_of(
        [(*key[:-1], n, *_sums(key, n)) for key, n in tables["runs"].items()],
        [(*key, n) for key, n in tables["durations"].items()],
        [(*key, n, n * 3_000_000) for key, n in tables["groups"].items()],
        _group_info(made),
        [(*key, n, n * 2_000_000, n * 1_500_000) for key, n in tables["tries"].items()],
        group_events=_group_events(made),
        changes=_changes(),
        ends=_ends(made),
        failing=_failing(made),
        alerts=_alerts(made),
        sample=_sample(made),
        open_runs=3,
        kept_since=NOW - 400 * DAY,
        objectives=[Objective("checkout", 0.99), Objective("*import", 0.9)],
        notes={"duplicates": 12, "orphans": 4},
    )


def sample_report(frames=None, period=MONTH, filters=None):
    return trend(frames or sample_frames(), period, filters or Filters())


def _runs(chance, workflow):
    a_day, share, seconds, errors = WORKFLOWS[workflow]
    for number in range(a_day * DAYS):
        at = NOW - round(chance.random() * DAYS * DAY)
        busy = 0.5 + 0.5 * math.sin((at % DAY) / DAY * 2 * math.pi)
        if chance.random() > 0.4 + 0.6 * busy:
            continue
        yield _run(chance, workflow, number, at, share, seconds, errors)


def _run(chance, workflow, number, at, share, seconds, errors):
    release = "v2.4.0" if at >= TURN else "v2.3.1" if at >= NOW - 30 * DAY else "v2.2.0"
    host = f"worker-{chance.randrange(1, 9)}"
    p = share * (3 if workflow == "checkout" and at >= TURN else 1) * (3 if host == "worker-7" else 1)
    outage = OUTAGE <= at < OUTAGE + 3 * HOUR
    bad = chance.random() < (0.6 if outage else min(0.9, p))
    kind = chance.choices(["failed", "timed_out", "crashed", "lost"], [7, 2, 0.6, 0.4])[0]
    good = chance.choices(["succeeded", "cancelled", "skipped", "missed"], [96, 2, 1, 1])[0]
    error, step = chance.choice(errors)
    return {
        "id": f"{workflow.split()[0]}-{number}", "at": at, "workflow": workflow, "version": release,
        "environment": "production" if chance.random() < 0.9 else "staging",
        "engine": ENGINES[list(WORKFLOWS).index(workflow)], "outcome": kind if bad else good, "bad": bad, "step": step,
        "error": "DatabaseUnavailable" if outage else error, "attempts": chance.choices([1, 2, 3], [88, 9, 3])[0],
        "took": round(chance.lognormvariate(math.log(seconds * 1e6), 0.6)),
        "severity": ("critical" if workflow == "checkout" else "high") if bad else "",
        "attributes": {"host": host, "queue": chance.choice(["default", "bulk"])},
    }  # fmt: skip


def _cell(run):
    names = ("engine", "workflow", "environment", "version", "severity")
    return run["at"] - run["at"] % QUARTER, *(run[name] for name in names)


def _group(run):
    return f"{run['workflow'].split()[0]}-{run['error']}".lower()


def _count(tables, run):
    cell = _cell(run)
    healed = not run["bad"] and run["attempts"] > 1
    tables["runs"][*cell, run["outcome"], healed] += 1
    if run["bad"] or run["outcome"] == "succeeded":
        tables["durations"][*cell, int(not run["bad"]), duration_bin(run["took"])] += 1
    if run["bad"]:
        tables["groups"][*cell, _group(run)] += 1
    for attempt in range(1, run["attempts"] + run["bad"]):
        last = attempt == run["attempts"]
        then = "ended" if last else "passed" if not run["bad"] and attempt == run["attempts"] - 1 else "failed"
        tables["tries"][*cell, run["step"], run["error"], attempt, then] += 1


def _sums(key, n):
    """healed, late, skewed, busy, waste; the key's last place says whether the runs healed."""
    return n * key[-1], 0, 0, n * 5_000_000, n * 2_000_000 * (key[-2] in ("failed", "timed_out"))


def _group_info(made):
    found = {}
    for run in made:
        if run["bad"]:
            found.setdefault(_group(run), []).append(run)
    return [
        (group, runs[0]["workflow"], runs[0]["step"], runs[0]["error"],
         f"{runs[0]['error']} in {runs[0]['step']}: tenant 4711 could not be reached </script><i>", len(runs),
         runs[0]["at"], runs[-1]["at"], "ongoing", 0, "")
        for group, runs in found.items()
    ]  # fmt: skip


def _group_events(made):
    seen = {}
    for run in made:
        if run["bad"]:
            seen.setdefault(_group(run), run)
    events = [(run["at"], group, "new", run["version"]) for group, run in seen.items()]
    again = next(iter(seen))
    return [*events, (NOW - 20 * DAY, again, "resolved", "v2.3.1"), (NOW - 9 * DAY, again, "regressed", "v2.4.0")]


def _changes():
    return [
        (NOW - 30 * DAY, "deploy", "shop v2.3.1", "v2.3.1", "production", "", ""),
        (NOW - 17 * DAY, "config", "twice as many workers", "", "production", "thumbnails", ""),
        (TURN - HOUR, "deploy", "shop v2.4.0", "v2.4.0", "production", "checkout", ""),
    ]


def _ends(made):
    """Bad runs, and each good one right after a bad one of its workflow."""
    was_bad, kept = set(), []
    for run in made:
        if run["bad"] or (run["outcome"] == "succeeded" and run["workflow"] in was_bad):
            kept.append(_end(run))
            (was_bad.add if run["bad"] else was_bad.discard)(run["workflow"])
    return kept


def _end(run):
    return tuple(run[name] for name in ("at", "id", "workflow", "environment", "version", "severity", "outcome"))


def _failing(made):
    latest = {(run["workflow"], run["environment"]): run for run in made if run["bad"] or run["outcome"] == "succeeded"}
    return [_end(run) for run in latest.values() if run["bad"]]


def _alerts(made):
    firsts = [run for run in made if run["bad"]][::40]
    return [
        (f"a{place}", run["workflow"], run["environment"], run["at"], run["at"] + 60_000_000, run["at"] + 65_000_000,
         run["at"] + 15 * 60_000_000, run["at"] + HOUR if place % 5 else 0)
        for place, run in enumerate(firsts)
    ]  # fmt: skip


def _sample(made):
    recent = [run for run in made if run["at"] >= MONTH.since]
    bad = [run for run in recent if run["bad"]]
    good = [run for run in recent if run["outcome"] == "succeeded"][::4]
    return [
        (run["id"], run["at"], run["workflow"], run["environment"], run["version"], run["outcome"], run["severity"],
         _group(run) if run["bad"] else "", run["attributes"])
        for run in [*bad, *good]
    ]  # fmt: skip
