"""A small Celery app: a task that succeeds, one that fails, one that gives up; one over its time limit, one that kills
its worker, one that expires.

The worker is started by ``opentelemetry-instrument celery -A app worker``, the tasks are sent by
``opentelemetry-instrument python app.py``, both with the endpoint in OTEL_EXPORTER_OTLP_ENDPOINT and QUEUE set.
"""

import os
import signal
import time

from celery import Celery
from opentelemetry import trace

import tocsin_client.celery
from tocsin_client.otel import RunProcessor

app = Celery("shop", broker="redis://127.0.0.1:6379/0", backend="redis://127.0.0.1:6379/0")
app.conf.task_default_queue = os.environ["QUEUE"]
app.conf.result_expires = 60
tocsin_client.celery.connect()
trace.get_tracer_provider().add_span_processor(RunProcessor(every=0.5, after=0.1))


class CardDeclined(Exception):
    pass


@app.task(name="shop.load")
def load(order):
    return order


@app.task(name="shop.charge")
def charge(order):
    raise CardDeclined(f"card declined for order {order}")


@app.task(name="shop.fetch", bind=True, max_retries=2)
def fetch(self):
    try:
        raise TimeoutError("GET /stock/17 gave no answer")
    except TimeoutError as error:
        raise self.retry(exc=error, countdown=0.05) from error


@app.task(name="shop.slow", time_limit=1)
def slow():
    time.sleep(30)


@app.task(name="shop.die")
def die():
    time.sleep(1)
    os.kill(os.getpid(), signal.SIGKILL)


@app.task(name="shop.stale")
def stale():
    raise AssertionError("it had expired")


if __name__ == "__main__":
    tasks = ((load, (1,), None), (charge, (2,), None), (fetch, (), None), (slow, (), None), (die, (), None))
    for task, arguments, expires in (*tasks, (stale, (), -60)):
        sent = task.apply_async(arguments, expires=expires)
        sent.get(timeout=30, propagate=False)
        print(task.name, sent.id, sent.state)
