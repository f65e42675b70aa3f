"""The same telemetry as a bad network delivers it: bodies cut up span by span, repeated, in any order."""

import random
from collections.abc import Iterator
from typing import Any

from alerting.ingest.encoding import decompress
from alerting.ingest.otlp import JSON, PROTOBUF, decode_logs, decode_traces
from support.corpus import Body


def mixed(bodies: list[Body], seed: int) -> list[Body]:
    """Half of the bodies cut up, a third of all pieces sent twice, all in another order."""
    chance = random.Random(seed)
    pieces = [piece for body in bodies for piece in (split(body) if chance.random() < 0.5 else [body])]
    pieces += [piece for piece in pieces if chance.random() < 0.33]
    chance.shuffle(pieces)
    return pieces


def split(body: Body) -> Iterator[Body]:
    """One body for each span or record; what is not OTLP protobuf stays whole."""
    if body.media == JSON or body.path not in {"/v1/traces", "/v1/logs"}:
        yield body
        return
    plain = decompress(body.body, body.encoding, 2**26)
    if body.path == "/v1/traces":
        yield from _cut(body, decode_traces(plain, PROTOBUF), "resource_spans", "scope_spans", "spans")
    else:
        yield from _cut(body, decode_logs(plain, PROTOBUF), "resource_logs", "scope_logs", "log_records")


def _cut(body: Body, request: Any, resources: str, scopes: str, items: str) -> Iterator[Body]:
    for resource in getattr(request, resources):
        for scope in getattr(resource, scopes):
            for item in getattr(scope, items):
                single = type(request)()
                one = getattr(single, resources).add(resource=resource.resource)
                part = getattr(one, scopes).add(scope=scope.scope)
                getattr(part, items).append(item)
                yield Body(body.name, body.path, PROTOBUF, "", single.SerializeToString())
