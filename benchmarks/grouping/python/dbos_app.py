"""The shop's jobs as DBOS workflows of one step each: python dbos_app.py JOBS PORT VERSION."""

import json
import sys
import tempfile
from pathlib import Path

from dbos import DBOS, SetWorkflowID
from shop import orders, reports, settling, stock

jobs, port, version = sys.argv[1:]
DBOS(
    config={
        "name": "shop",
        "system_database_url": f"sqlite:///{tempfile.mkdtemp()}/dbos.sqlite",
        "enable_otlp": True,
        "otlp_traces_endpoints": [f"http://127.0.0.1:{port}/v1/traces"],
        "otlp_logs_endpoints": [f"http://127.0.0.1:{port}/v1/logs"],
        "application_version": version,
    }
)


@DBOS.step()
def parse(given):
    return orders.import_order(given["body"])


@DBOS.step()
def fetch(given):
    return stock.sync_stock(given["warehouse"], given["sku"], given["wanted"], given["patience"])


@DBOS.step()
def write(given):
    settling.settle(given["database"], given["payment"])


@DBOS.step()
def render(given):
    return reports.render(given["report"])


@DBOS.workflow()
def import_orders(given):
    parse(given)


@DBOS.workflow()
def sync_stock(given):
    fetch(given)


@DBOS.workflow()
def settle(given):
    write(given)


@DBOS.workflow()
def report(given):
    render(given)


WORKFLOWS = {each.__name__: each for each in (import_orders, sync_stock, settle, report)}

DBOS.launch()
for job in json.loads(Path(jobs).read_text()):
    with SetWorkflowID(job["run"]):
        handle = DBOS.start_workflow(WORKFLOWS[job["workflow"]], job["given"])
    try:
        handle.get_result()
        print("succeeded", job["run"])
    except Exception as error:  # noqa: BLE001 - whatever it failed with is the telemetry's to tell
        print(type(error).__name__, job["run"])
DBOS.destroy()
