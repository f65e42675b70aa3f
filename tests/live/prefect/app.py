"""A small Prefect app: a flow that succeeds, one whose task fails, one that is well at its second try, one that failed
since its child did, and a task that gives up by a time-out. Started by ``opentelemetry-instrument python app.py``."""

from prefect import flow, task


class CardDeclined(Exception):
    pass


@task
def load(order):
    return order


@task
def charge(order):
    raise CardDeclined(f"card declined for order {order}")


@task(retries=1)
def fetch():
    raise TimeoutError("GET /stock/17 gave no answer")


@flow
def healthy():
    load(1)


@flow
def pay():
    charge(load(2))


tries = []


@flow(retries=1)
def flaky():
    tries.append(1)
    if len(tries) < 2:
        raise RuntimeError("not yet")


@flow
def sync_stock():
    fetch()


@flow
def parent():
    pay()


for each in (healthy, pay, flaky, sync_stock, parent):
    state = each(return_state=True)
    print(each.name, state.state_details.flow_run_id, state.name)
