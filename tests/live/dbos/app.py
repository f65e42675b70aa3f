"""A small DBOS app: one workflow that succeeds, one that fails in a step, one that gives up after retries.

python app.py PORT FORMAT; its own environment is made from requirements.lock beside it.
"""

import sys
import tempfile

from dbos import DBOS
from dbos._error import DBOSMaxStepRetriesExceeded

port, form = sys.argv[1], sys.argv[2]
DBOS(
    config={
        "name": "shop",
        "system_database_url": f"sqlite:///{tempfile.mkdtemp()}/dbos.sqlite",
        "enable_otlp": True,
        "otlp_traces_endpoints": [f"http://127.0.0.1:{port}/v1/traces"],
        "otlp_logs_endpoints": [f"http://127.0.0.1:{port}/v1/logs"],
        "otel_attribute_format": form,
        "application_version": "7.1",
    }
)


class CardDeclined(Exception):
    pass


@DBOS.step()
def load(order):
    return {"id": order}


@DBOS.step()
def charge(order):
    if order["id"] > 1:
        raise CardDeclined(f"card declined for order {order['id']}")


@DBOS.step(retries_allowed=True, interval_seconds=0.01, max_attempts=3)
def fetch():
    raise TimeoutError("GET /stock/17 gave no answer")


@DBOS.workflow()
def pay(order):
    charge(load(order))


@DBOS.workflow()
def sync_stock():
    fetch()


DBOS.launch()
for handle in [DBOS.start_workflow(pay, 1), DBOS.start_workflow(pay, 2), DBOS.start_workflow(sync_stock)]:
    try:
        handle.get_result()
        print("succeeded", handle.workflow_id)
    except (CardDeclined, DBOSMaxStepRetriesExceeded) as error:
        print(type(error).__name__, handle.workflow_id)
DBOS.destroy()
