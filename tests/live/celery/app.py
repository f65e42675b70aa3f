"""A small Celery app: a task that succeeds, one that fails and one that gives up.

The worker is started by ``opentelemetry-instrument celery -A app worker``, the tasks are sent by
``opentelemetry-instrument python app.py``, both with the endpoint in OTEL_EXPORTER_OTLP_ENDPOINT and QUEUE set.
"""

import os

from celery import Celery

app = Celery("shop", broker="redis://127.0.0.1:6379/0", backend="redis://127.0.0.1:6379/0")
app.conf.task_default_queue = os.environ["QUEUE"]
app.conf.result_expires = 60


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


if __name__ == "__main__":
    for task, arguments in ((load, (1,)), (charge, (2,)), (fetch, ())):
        sent = task.apply_async(arguments)
        sent.get(timeout=30, propagate=False)
        print(task.name, sent.id, sent.state)
