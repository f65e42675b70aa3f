"""The shop's jobs as Celery tasks.

The worker is ``opentelemetry-instrument celery -A celery_app worker``; ``opentelemetry-instrument python celery_app.py
JOBS`` sends the tasks and waits for them. QUEUE names the queue of both.
"""

import json
import os
import sys
from pathlib import Path

from celery import Celery
from shop import orders, reports, settling, stock

app = Celery("shop", broker="redis://127.0.0.1:6379/0", backend="redis://127.0.0.1:6379/0")
app.conf.task_default_queue = os.environ["QUEUE"]
app.conf.result_expires = 60


@app.task(name="shop.import_orders")
def import_orders(given):
    return orders.import_order(given["body"])


@app.task(name="shop.sync_stock")
def sync_stock(given):
    return stock.sync_stock(given["warehouse"], given["sku"], given["wanted"], given["patience"])


@app.task(name="shop.settle")
def settle(given):
    settling.settle(given["database"], given["payment"])


@app.task(name="shop.report")
def report(given):
    return reports.render(given["report"])


if __name__ == "__main__":
    for job in json.loads(Path(sys.argv[1]).read_text()):
        sent = app.tasks[f"shop.{job['workflow']}"].apply_async((job["given"],), task_id=job["run"])
        sent.get(timeout=30, propagate=False)
        print(sent.state, sent.id)
