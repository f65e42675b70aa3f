"""A small taskiq app: a task that succeeds, one that is well at its second try, one that gives up, one never retried.

``python app.py PORT QUEUE`` sends them; the worker is ``taskiq worker app:broker`` with PORT and QUEUE set.
"""

import asyncio
import os
import sys
from typing import Annotated

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from taskiq import Context, SimpleRetryMiddleware, TaskiqDepends, TaskiqEvents
from taskiq.middlewares.opentelemetry_middleware import OpenTelemetryMiddleware
from taskiq_redis import ListQueueBroker, RedisAsyncResultBackend

port = os.environ.get("PORT") or sys.argv[1]
queue = os.environ.get("QUEUE") or sys.argv[2]
provider = TracerProvider()
exporter = OTLPSpanExporter(endpoint=f"http://127.0.0.1:{port}/v1/traces")
provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=200))
trace.set_tracer_provider(provider)

redis = "redis://127.0.0.1:6379/0"
backend = RedisAsyncResultBackend(redis_url=redis, result_ex_time=60)
broker = ListQueueBroker(url=redis, queue_name=queue).with_result_backend(backend)
broker.add_middlewares(SimpleRetryMiddleware(), OpenTelemetryMiddleware())


class CardDeclined(Exception):
    pass


@broker.task(task_name="shop:load")
async def load():
    return 1


@broker.task(task_name="shop:fetch", retry_on_error=True, max_retries=3)
async def fetch(context: Annotated[Context, TaskiqDepends()]):
    if not int(context.message.labels.get("_retries", 0)):
        raise TimeoutError("GET /stock/17 gave no answer")


@broker.task(task_name="shop:sync", retry_on_error=True, max_retries=2)
async def sync():
    raise TimeoutError("upstream gave no answer")


@broker.task(task_name="shop:charge")
async def charge():
    raise CardDeclined("card declined for order 2")


@broker.on_event(TaskiqEvents.WORKER_SHUTDOWN)
async def flush(_state):
    provider.shutdown()


async def main():
    await broker.startup()
    for task in (load, fetch, sync, charge):
        sent = await task.kiq()
        result = await sent.wait_result(timeout=30)
        print(task.task_name, sent.task_id, "failed" if result.is_err else "succeeded")
    await broker.shutdown()
    provider.shutdown()


if __name__ == "__main__":
    asyncio.run(main())
