"""What does a program read that sends to a door? The same answers by ASGI and by the short way."""

import random
from functools import lru_cache
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from alerting.api.context import ApiContext, context_of
from alerting.inbox.port import Overloaded
from alerting.ingest import otlp
from alerting.ingest.encoding import IngestError

_RPC_CODES = {400: 3, 401: 16, 413: 8, 415: 3, 503: 14}  # google.rpc.Code
_NO_GUESSING = (b"x-content-type-options", b"nosniff")


class Answer(msgspec.Struct, frozen=True):
    """What a program reads, and no browser is to take for a page. ``retry_after``: seconds, 0 for a sender that need
    not come again."""

    status: int
    body: bytes
    media: str
    retry_after: int = 0

    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        return _headers(self.media, len(self.body), self.retry_after)


@lru_cache(maxsize=64)
def _headers(media: str, length: int, retry_after: int) -> tuple[tuple[bytes, bytes], ...]:
    own = (b"content-type", media.encode()), (b"content-length", b"%d" % length), _NO_GUESSING
    return (*own, (b"retry-after", b"%d" % retry_after)) if retry_after else own


def in_json(said: Any, status: int, retry_after: int = 0) -> Answer:
    return Answer(status, msgspec.json.encode(said), "application/json", retry_after)


def refused(context: ApiContext, path: str, media: str, error: IngestError | Overloaded) -> Answer:
    """In the protocol's own form: a Status for OTLP, ``{"error"}`` elsewhere."""
    status = error.status if isinstance(error, IngestError) else 503
    context.turned_away.add(path, status, str(error))
    # Exporters give up after ten seconds in all: a longer wait would be a loss.
    retry_after = random.randint(1, 4) if status == 503 else 0
    if media:
        return Answer(status, otlp.error_body(media, _RPC_CODES.get(status, 2), str(error)), media, retry_after)
    return in_json({"error": str(error)}, status, retry_after)


def refusal(request: Request, media: str, error: IngestError | Overloaded) -> Response:
    """The same for a handler of requests."""
    answer = refused(context_of(request), request.url.path, media, error)
    headers = {"Retry-After": str(answer.retry_after)} if answer.retry_after else {}
    return Response(answer.body, answer.status, headers, media_type=answer.media)


def media_told(path: str, content_type: str) -> str:
    """In what a sender at ``path`` reads its answers: a media type of OTLP, "" elsewhere."""
    if not path.startswith("/v1/"):
        return ""
    return otlp.JSON if "json" in content_type else otlp.PROTOBUF
