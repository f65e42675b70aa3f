"""A small Inngest app: a function whose step fails, one that succeeds, and one that forwards Inngest's own events to
Tocsin at TOCSIN_URL. ``python app.py PORT``"""

import logging
import os
import sys
import urllib.request

import fastapi
import inngest
import inngest.fast_api
import uvicorn

client = inngest.Inngest(app_id="shop", is_production=False, logger=logging.getLogger("shop"))


class CardDeclined(Exception):
    pass


def charge(order):
    raise CardDeclined(f"card declined for order {order}")


@client.create_function(fn_id="pay", trigger=inngest.TriggerEvent(event="order/placed"), retries=0)
def pay(ctx: inngest.ContextSync) -> None:
    charge(ctx.event.data["order"])


@client.create_function(fn_id="welcome", trigger=inngest.TriggerEvent(event="order/placed"), retries=0)
def welcome(ctx: inngest.ContextSync) -> str:
    return "hello"


@client.create_function(
    fn_id="to-tocsin",
    trigger=[
        inngest.TriggerEvent(event="inngest/function.failed"),
        inngest.TriggerEvent(event="inngest/function.finished"),
    ],
)
def to_tocsin(ctx: inngest.ContextSync) -> None:
    told = ctx.event.model_dump_json().encode()
    request = urllib.request.Request(
        f"{os.environ['TOCSIN_URL']}/ingest/inngest", told, {"content-type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=5)


app = fastapi.FastAPI()
inngest.fast_api.serve(app, client, [pay, welcome, to_tocsin])

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="info")
