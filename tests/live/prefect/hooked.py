"""Flows whose ends are told by hooks alone: no spans, no logs. Started by plain ``python hooked.py``."""

import time

from prefect import flow, get_run_logger

from tocsin_client.prefect import tell_tocsin

HOOKS = [tell_tocsin]
TOLD = {"on_failure": HOOKS, "on_crashed": HOOKS, "on_cancellation": HOOKS, "on_completion": HOOKS}


class CardDeclined(Exception):
    pass


@flow(**TOLD)
def healthy():
    get_run_logger().info("fine")


@flow(**TOLD)
def pay():
    raise CardDeclined("card declined for order 2")


@flow(timeout_seconds=0.2, **TOLD)
def slow():
    for _ in range(100):
        time.sleep(0.05)


for each in (healthy, pay, slow):
    state = each(return_state=True)
    print(each.name, state.state_details.flow_run_id, state.name)
