"""Real Prefect flows whose hooks tell Tocsin, without any telemetry."""

from support.engines import CLIENT, LIVE, needs, python, run, runs_of
from support.service import Service

HERE = LIVE / "prefect"
pytestmark = needs(python("prefect"))


def test_hooks_alone_tell_name_outcome_and_error_of_a_flow(tmp_path):
    with Service("", tmp_path) as service:
        told = run(
            [python("prefect"), HERE / "hooked.py"],
            tmp_path,
            PREFECT_HOME=str(tmp_path / "prefect"),
            PREFECT_SERVER_ANALYTICS_ENABLED="false",
            PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS="75",
            PREFECT_API_URL="",
            PYTHONPATH=str(CLIENT),
            TOCSIN_URL=service.url,
        )
        ids = {line.split()[0]: line.split()[1] for line in told.splitlines() if len(line.split()) == 3}
        runs = runs_of(service, "prefect", 3)
    healthy, pay, slow = (runs[ids[name]] for name in ("healthy", "pay", "slow"))
    assert (healthy["workflow"], healthy["outcome"], healthy["error"]) == ("healthy", "succeeded", None)
    assert (pay["outcome"], pay["error"]["type"]) == ("failed", "CardDeclined")
    assert pay["error"]["message"] == "card declined for order 2"
    assert (slow["outcome"], slow["error"]["type"]) == ("timed_out", "FlowRunTimeoutError")
    assert all(run["started_at"] < run["ended_at"] for run in runs.values())
