"""What is understood of each engine, in words: the reference page is made of this.

``python -m alerting.ingest.engines.about > docs/reference/engines.md``
"""

import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class About:
    """``engine`` as in the API; ``recorded`` is the version whose recordings are compared with its own records."""

    engine: str
    title: str
    known_by: str
    run: str
    step: str
    attempts: str
    error: str
    cannot: str
    recorded: str = ""
    page: str = ""


ENGINES = (
    About(
        "airflow", "Airflow",
        "scopes `airflow.*`; callbacks",
        "span `dag_run.<dag>`; `airflow.dag_id`, `airflow.dag_run.run_id`",
        "span `task_run.<task>`", "`try_number`",
        "none on spans; by callback",
        "errors without callbacks; a DAG run that timed out without its callback; a skipped task",
        "3.3.2", "connect-airflow",
    ),
    About(
        "bullmq", "BullMQ",
        "attributes `bullmq.*`",
        "span `process <queue>`; queue and job name, job id", "none",
        "`bullmq.job.attempts.made`",
        "message of the event `job failed`",
        "type and stack of an error; how many tries are allowed", "", "connect-bullmq",
    ),
    About(
        "celery", "Celery",
        "scope `opentelemetry.instrumentation.celery`",
        "span `run/<task>`; task name, task id", "none: each task is a run", "`celery.retries` + 1",
        "exception event",
        "without the client's handlers: a hard time limit, a killed worker, a revoked or expired task; links of a "
        "chain never sent",
        "5.7.0", "connect-celery",
    ),
    About(
        "dagster", "Dagster",
        "what its sensors and hooks tell",
        "`job_name`, `run_id`", "`step_key`", "not told by sensors",
        "the first under Dagster's wrappers, with its causes",
        "a failed step of a killed, cancelled or overlong run", "1.13.27", "connect-dagster",
    ),
    About(
        "dbos", "DBOS",
        "scopes `dbos-tracer`, `dbos`",
        "operation type `workflow`; span name, workflow id", "operation type `step`", "events `Step attempt N failed`",
        "message on the span; type and stack in a log record",
        "a time-out from a cancel; anything of a killed process; a run that is still queued", "3.4.0", "connect-dbos",
    ),
    About(
        "inngest", "Inngest",
        "events `inngest/function.*`; spans with `sdk.run.id`",
        "`data.function_id`, `data.run_id`", "`inngest.step.id` of a failed span", "`inngest.step.attempt` + 1",
        "`data.error`, with the class from the stack where an SDK loses it",
        "attempts, failing step and start by events alone; a finish-timeout from a cancel", "3.54 and 4.24",
        "connect-inngest",
    ),
    About(
        "prefect", "Prefect",
        "scopes `prefect`, `prefect.*`",
        "span of `prefect.run.type` flow; the flow's name from its logs", "span of type task, or its log record",
        "events `Retrying`; log records", "exception event, else the last state's message",
        "a flow's name without logs; a run that was killed together with its runner; a child flow as the failing step",
        "3.8.8", "connect-prefect",
    ),
    About(
        "taskiq", "taskiq",
        "scope `taskiq.middlewares.opentelemetry_middleware`",
        "span `execute/<task>`; the id from `send/<task>` above it", "none",
        "`taskiq._retries` + 1 of the sender's span",
        "exception event; with `retry_on_error` only `taskiq.retry.reason`",
        "type and stack of an error that may be retried", "", "connect-taskiq",
    ),
    About(
        "temporal", "Temporal",
        "scopes `temporalio.*`, `temporal-sdk-go`, `@temporalio/*`",
        "spans `RunWorkflow:<type>`, `CompleteWorkflow:<type>`; run id", "`StartActivity:<type>`, `RunActivity:<type>`",
        "counted: failed `RunActivity` spans of one activity",
        "the application's own, under `ActivityError`; `timeout` for Temporal's own time-outs",
        "a cancelled, terminated or timed-out run from a running one", "1.35.0 (Python's interceptor)",
        "connect-temporal",
    ),
    About(
        "cicd", "CI by OpenTelemetry's conventions",
        "attributes `cicd.pipeline.*`",
        "`cicd.pipeline.name`, `cicd.pipeline.run.id`", "`cicd.pipeline.task.name`", "each run is one",
        "`error.type`, exception event",
        "", "1.44 conventions", "connect-opentelemetry",
    ),
    About(
        "otel", "Any other OpenTelemetry",
        "everything else",
        "a local root span that serves or makes no request; `workflow.name`, `job.name`, else its name",
        "spans with status ERROR below it", "`job.attempt`, `retry.attempt`",
        "exception event, log record with an exception, `error.type`, status message",
        "a killed process whose root span never came", "1.45.2", "connect-opentelemetry",
    ),
)  # fmt: skip
_HEAD = """# Engines

What makes a run, by engine, and what its telemetry cannot tell. Made from the code by
`python -m alerting.ingest.engines.about`; where a version is given, every run of recordings of it is compared with the
engine's own records, also cut up, repeated and shuffled.
"""


def page() -> str:
    return "\n".join([_HEAD, *map(_section, ENGINES)])


def _section(engine: About) -> str:
    rows = (
        ("`engine`", f"`{engine.engine}`"),
        ("recognised by", engine.known_by),
        ("run", engine.run),
        ("step", engine.step),
        ("attempts", engine.attempts),
        ("error", engine.error),
        ("cannot tell", engine.cannot),
        ("compared with", engine.recorded),
        ("set up", f"[{engine.page}](../how-to/{engine.page}.md)" if engine.page else ""),
    )
    table = "\n".join(f"| {name} | {told} |" for name, told in rows if told)
    return f"## {engine.title}\n\n| | |\n|---|---|\n{table}\n"


if __name__ == "__main__":
    sys.stdout.write(page())
