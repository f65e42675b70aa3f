"""Which spans are a run's own, and which attempts do they tell of? Where no recording is at hand."""

from alerting.ingest.spans import SpanRecord
from alerting.traces.neutral import neutral, own_spans
from alerting.tracking.record import Detail, RunRecord


def span(own, parent="", name="", start=0, end=1, **more):
    return SpanRecord("t", own, parent, name or own, "shop", start, end, more.pop("status", "unset"), **more)


def run(*spans, run_id="r", workflow="pay"):
    return RunRecord("x", "otel", workflow, run_id, detail=Detail(spans=list(spans)))


def own(spans, record):
    return [each.span_id for each in own_spans(spans, record)]


def test_of_a_trace_of_several_runs_each_has_its_own():
    spans = [span("web"), span("pay", "web"), span("charge", "pay"), span("ship", "web"), span("pack", "ship")]
    assert own(spans, run("pay")) == ["pay", "charge"]
    assert own(spans, run("ship")) == ["ship", "pack"]
    assert own(spans, run()) == [each.span_id for each in spans]


def test_steps_beside_a_run_s_span_without_duration_are_its_own():
    spans = [
        span("start", end=50), span("run", "start", start=5, end=5), span("schedule", "start", start=6, end=6),
        span("try", "schedule", start=20, end=40), span("other"),
    ]  # fmt: skip
    assert own(spans, run("run")) == ["run", "schedule", "try"]


def test_a_task_that_was_handed_over_is_another_run():
    first, second = {"messaging.message.id": "r"}, {"messaging.message.id": "next"}
    spans = [
        span("1", name="run/a", attributes=first), span("2", "1", "apply_async/b", attributes=second),
        span("3", "2", "run/b", attributes=second), span("4", "3", "query"),
    ]  # fmt: skip
    assert own(spans, run("1")) == ["1", "2"]


def test_names_are_those_of_every_run_and_attempts_are_told():
    flow, task = {"prefect.run.type": "flow"}, {"prefect.run.type": "task"}
    tried = [{"name": "Running"}, {"name": "AwaitingRetry"}, {"name": "Retrying"}, {"name": "Completed"}]
    spans = [
        span("1", name="keen-owl", attributes=flow), span("2", "1", "load_order-2f3", attributes=task, events=tried),
        span("3", "1", "GET /orders/17", status="error", events=[{"name": "exception", "exception.message": "no"}]),
    ]  # fmt: skip
    top, load, get = neutral(spans, run("1"))
    assert (top.name, load.name, load.retries, get.alike) == ("pay", "load_order", 1, "GET /orders/<n>")
    assert (get.failed, get.message, top.failed) == (True, "no", False)


def test_a_retry_without_an_error_status_failed_all_the_same():
    spans = [span("1", attributes={"celery.state": "RETRY"}), span("2", attributes={"taskiq.retry.reason": "x"})]
    assert [each.failed for each in neutral(spans, run())] == [True, True]
