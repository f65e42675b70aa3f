"""A real Celery worker over a real Redis, instrumented from the command line alone."""

import uuid

from support.engines import CLIENT, LIVE, needs, python, run, running, runs_of
from support.service import Service

HERE = LIVE / "celery"
pytestmark = needs(python("celery"))


def test_tasks_are_runs_with_their_outcome_error_and_attempts(tmp_path, redis):
    with Service("", tmp_path) as service:
        named = {
            "QUEUE": f"shop-{uuid.uuid4().hex[:8]}",
            "PYTHONPATH": f"{HERE}:{CLIENT}",
            "TOCSIN_URL": service.url,
            "OTEL_EXPORTER_OTLP_ENDPOINT": service.url,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_METRICS_EXPORTER": "none",
            "OTEL_BSP_SCHEDULE_DELAY": "200",
        }
        instrument = python("celery", "opentelemetry-instrument")
        worker = [instrument, python("celery", "celery"), "-A", "app", "worker", "-c", "1", "-l", "INFO"]
        with running(worker, tmp_path, "ready.", **named):
            told = run([instrument, python("celery"), HERE / "app.py"], tmp_path, **named)
            runs = runs_of(service, "celery", 6)
    ids = {line.split()[0].partition(".")[2]: line.split()[1] for line in told.splitlines()}
    load, charge, fetch, slow, die, stale = (
        runs[ids[name]] for name in ("load", "charge", "fetch", "slow", "die", "stale")
    )
    assert (load["workflow"].partition(".")[2], load["outcome"], load["attempts"]) == ("load", "succeeded", 1)
    assert (charge["outcome"], charge["error"]["type"]) == ("failed", "CardDeclined")
    assert charge["error"]["message"] == "card declined for order 2"
    assert (slow["workflow"], slow["outcome"], slow["error"]["type"]) == ("shop.slow", "timed_out", "TimeLimitExceeded")
    assert (die["outcome"], die["error"]["type"]) == ("crashed", "WorkerLostError")
    assert "SIGKILL" in die["error"]["message"]
    assert die["started_at"]  # only what was told while it ran says so
    assert (stale["outcome"], stale["error"]) == ("skipped", None)
    assert (fetch["outcome"], fetch["error"]["type"], fetch["attempts"]) == ("failed", "TimeoutError", 3)
