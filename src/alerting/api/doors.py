"""How does a body come in at little cost? Doors speak ASGI themselves: every event passes, and none needs more."""

from collections.abc import Awaitable, Callable, Mapping

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from alerting.api.context import ApiContext
from alerting.api.room import Room
from alerting.api.security import has_key, no_key
from alerting.ingest.encoding import LIMIT, IngestError, TooLarge

_NO_GUESSING = (b"x-content-type-options", b"nosniff")


class Call:
    """One request at a door. Of a header given twice the last counts."""

    __slots__ = ("_headers", "_receive", "context", "path")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.context: ApiContext = scope["app"].state.context
        self.path: str = scope["path"]
        self._headers: dict[bytes, bytes] = dict(scope["headers"])
        self._receive = receive

    def header(self, name: bytes) -> str:
        return self._headers.get(name, b"").decode("latin-1")

    async def body(self) -> bytes:
        """Raises TooLarge, IngestError, and Overloaded while too much is being read."""
        return await body_of(self._receive, self.header(b"content-length"), self.context.room)


class Answer(msgspec.Struct, frozen=True):
    """What a program reads, and no browser is to take for a page. ``retry_after``: seconds, 0 for a sender that need
    not come again."""

    status: int
    body: bytes
    media: str
    retry_after: int = 0

    def headers(self) -> list[tuple[bytes, bytes]]:
        own = [(b"content-type", self.media.encode()), (b"content-length", b"%d" % len(self.body)), _NO_GUESSING]
        return [*own, (b"retry-after", b"%d" % self.retry_after)] if self.retry_after else own


class Door:
    """An ASGI application of its own: asks for the key, and answers what ``take`` makes of the call."""

    def __init__(self, take: Callable[[Call], Awaitable[Answer]]) -> None:
        self._take = take

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = Call(scope, receive)
        settings = call.context.settings
        if settings.ingest_key and not has_key(request := Request(scope), settings):
            await no_key(call.path, request)(scope, receive, send)
            return
        answer = await self._take(call)
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers()})
        await send({"type": "http.response.body", "body": answer.body})


class ShortWay:
    """ASGI: what is posted at a door goes there past the rest of the application, which knows the doors too."""

    def __init__(self, app: Starlette, doors: Mapping[str, ASGIApp]) -> None:
        self._app, self._doors = app, doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        posted = scope["type"] == "http" and scope["method"] == "POST"
        door = self._doors.get(scope["path"]) if posted else None
        if door is None:
            await self._app(scope, receive, send)
            return
        scope["app"] = self._app
        await door(scope, receive, send)


async def body_of(receive: Receive, told: str, room: Room) -> bytes:
    """The body, read only up to the limit; ``told`` is its Content-Length. Raises TooLarge, IngestError, Overloaded."""
    if told.isdigit() and int(told) > LIMIT:
        raise TooLarge(f"the body has {told} bytes, more than {LIMIT}; send smaller batches")
    first, more = await _part(receive)
    if not more:
        return first
    pieces, size = [first], len(first)
    with room.hold() as hold:
        hold(size)
        while more:
            piece, more = await _part(receive)
            size += len(piece)
            if size > LIMIT:
                raise TooLarge(f"the body has more than {LIMIT} bytes; send smaller batches")
            hold(len(piece))
            pieces.append(piece)
    return b"".join(pieces)


async def _part(receive: Receive) -> tuple[bytes, bool]:
    """What came, and whether there is more."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise IngestError("the body ends too early")
    return message.get("body", b""), message.get("more_body", False)
