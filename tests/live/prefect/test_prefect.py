"""Real Prefect flows with their own server, instrumented from the command line alone: spans and logs make one run."""

from support.engines import LIVE, needs, python, run, runs_of
from support.service import Service

HERE = LIVE / "prefect"
pytestmark = needs(python("prefect"))


def test_flows_are_runs_by_name_with_their_last_states(tmp_path):
    with Service("", tmp_path) as service:
        command = [python("prefect", "opentelemetry-instrument"), python("prefect"), HERE / "app.py"]
        told = run(
            command,
            tmp_path,
            PREFECT_HOME=str(tmp_path / "prefect"),
            PREFECT_SERVER_ANALYTICS_ENABLED="false",
            PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS="75",
            PREFECT_API_URL="",
            OTEL_EXPORTER_OTLP_ENDPOINT=service.url,
            OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf",
            OTEL_METRICS_EXPORTER="none",
            OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED="true",
        )
        ids = {line.split()[0]: line.split()[1] for line in told.splitlines() if len(line.split()) == 3}
        runs = runs_of(service, "prefect", 6)
    assert {run["workflow"] for run in runs.values()} == {"healthy", "pay", "flaky", "sync-stock", "parent"}
    healthy, pay, flaky, sync = (runs[ids[name]] for name in ("healthy", "pay", "flaky", "sync-stock"))
    assert (healthy["outcome"], healthy["error"]) == ("succeeded", None)
    assert (pay["outcome"], pay["error"]["type"], pay["failing_step"]) == ("failed", "CardDeclined", "charge")
    assert (flaky["outcome"], flaky["attempts"], flaky["error"]) == ("succeeded", 2, None)
    assert (sync["outcome"], sync["error"]["type"], sync["failing_step"]) == ("timed_out", "TimeoutError", "fetch")
    assert sync["attempts"] == 2
