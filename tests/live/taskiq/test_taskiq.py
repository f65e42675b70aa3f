"""A real taskiq app and worker over a real Redis: tries joined to their task by the sender's span."""

import uuid

from support.engines import LIVE, needs, python, run, running, runs_of
from support.service import Service

HERE = LIVE / "taskiq"
pytestmark = needs(python("taskiq"))


def test_a_task_fails_only_with_its_last_try(tmp_path, redis):
    with Service("", tmp_path) as service:
        named = {"PORT": str(service.port), "QUEUE": f"shop-{uuid.uuid4().hex[:8]}"}
        worker = [python("taskiq", "taskiq"), "worker", "--workers", "1", "--app-dir", HERE, "app:broker"]
        with running(worker, tmp_path, "Listening started", **named):
            told = run([python("taskiq"), HERE / "app.py"], tmp_path, **named)
        ids = {line.split()[0]: line.split()[1] for line in told.splitlines()}
        runs = runs_of(service, "taskiq", 4)
    load, fetch, sync, charge = (runs[ids[f"shop:{name}"]] for name in ("load", "fetch", "sync", "charge"))
    assert len(runs) == 4
    assert (load["workflow"], load["outcome"], load["attempts"]) == ("shop:load", "succeeded", 1)
    assert (fetch["outcome"], fetch["attempts"], fetch["error"]) == ("succeeded", 2, None)
    assert (sync["outcome"], sync["error"]["message"]) == ("failed", "upstream gave no answer")
    assert sync["attempts"] == 2
    assert (charge["outcome"], charge["error"]["type"]) == ("failed", "CardDeclined")
