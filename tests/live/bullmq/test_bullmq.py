"""A real BullMQ app over a real Redis: the spans of bullmq-otel alone tell which job failed at its last try."""

import uuid

from support.engines import LIVE, needs, run, runs_of
from support.service import Service

HERE = LIVE / "bullmq"
pytestmark = needs(HERE / "node_modules" / "bullmq")


def test_a_job_fails_only_with_its_last_try(tmp_path, redis):
    with Service("", tmp_path) as service:
        queue = f"mail-{uuid.uuid4().hex[:8]}"
        told = run(["node", HERE / "app.js", str(service.port), queue], HERE)
        ids = {line.split()[0]: line.split()[1] for line in told.splitlines()}
        runs = runs_of(service, "bullmq", 3)
    welcome, charge, fetch = (runs[ids[name]] for name in ("welcome", "charge", "fetch"))
    assert (welcome["workflow"], welcome["outcome"], welcome["attempts"]) == (f"{queue}/welcome", "succeeded", 1)
    assert (charge["workflow"], charge["outcome"], charge["attempts"]) == (f"{queue}/charge", "failed", 3)
    assert charge["error"]["message"] == "card declined for order 7"
    assert (fetch["outcome"], fetch["attempts"], fetch["error"]) == ("succeeded", 2, None)
