"""Who wrote this span or record? One adapter for each engine, one file each; the first that knows it speaks for it."""

from alerting.ingest.engines import airflow, bullmq, celery, cicd, dbos, inngest, otel, prefect, taskiq, temporal
from alerting.ingest.engines.adapter import Adapter

ADAPTERS: tuple[Adapter, ...] = (
    dbos.ADAPTER,
    prefect.ADAPTER,
    celery.ADAPTER,
    airflow.ADAPTER,
    temporal.ADAPTER,
    taskiq.ADAPTER,
    bullmq.ADAPTER,
    inngest.ADAPTER,
    cicd.ADAPTER,
    otel.ADAPTER,
)
