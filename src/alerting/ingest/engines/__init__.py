"""Who wrote this span or record? One adapter for each engine, one file each; the first that knows it speaks for it."""

from alerting.ingest.engines import cicd, dbos, inngest, otel
from alerting.ingest.engines.adapter import Adapter

ADAPTERS: tuple[Adapter, ...] = (dbos.ADAPTER, inngest.ADAPTER, cicd.ADAPTER, otel.ADAPTER)
