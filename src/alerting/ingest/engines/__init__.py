"""Who wrote this span or record? One adapter for each engine, one file each; the first that knows it speaks for it."""

from alerting.ingest.engines import airflow, celery, cicd, dbos, inngest, otel, prefect, temporal
from alerting.ingest.engines.adapter import Adapter

ADAPTERS: tuple[Adapter, ...] = (
    dbos.ADAPTER,
    prefect.ADAPTER,
    celery.ADAPTER,
    airflow.ADAPTER,
    temporal.ADAPTER,
    inngest.ADAPTER,
    cicd.ADAPTER,
    otel.ADAPTER,
)
