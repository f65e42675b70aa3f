"""How does a body come in at little cost? Doors speak ASGI themselves: every event passes, and none needs more."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from alerting.api.answers import Answer, media_told, refused
from alerting.api.context import ApiContext
from alerting.api.room import Room
from alerting.api.security import NoKey, may_send
from alerting.ingest.encoding import LIMIT, IngestError, TooLarge


class Call:
    """One request at a door. Of a header given twice the last counts."""

    __slots__ = ("_headers", "context", "path")

    def __init__(self, context: ApiContext, path: str, headers: Mapping[bytes, bytes]) -> None:
        self.context, self.path, self._headers = context, path, headers

    def header(self, name: bytes) -> str:
        return self._headers.get(name, b"").decode("latin-1")

    def may_send(self) -> bool:
        return may_send(self.context.settings, self.header(b"authorization"), self.header(b"x-tocsin-key"))

    async def read(self) -> bytes:
        """Raises TooLarge, IngestError, and Overloaded while too much is being read."""
        raise NotImplementedError


class Streamed(Call):
    """By ASGI: the body comes in parts."""

    __slots__ = ("_receive",)

    def __init__(self, scope: Scope, receive: Receive) -> None:
        super().__init__(scope["app"].state.context, scope["path"], dict(scope["headers"]))
        self._receive = receive

    async def read(self) -> bytes:
        return await body_of(self._receive, self.header(b"content-length"), self.context.room)


class Door:
    """An ASGI application of its own: asks for the key, and answers what ``take`` makes of the call."""

    def __init__(self, take: Callable[[Call], Awaitable[Answer]]) -> None:
        self._take = take

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self.answer(Streamed(scope, receive))
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers()})
        await send({"type": "http.response.body", "body": answer.body})

    async def answer(self, call: Call) -> Answer:
        if call.context.settings.ingest_key and not call.may_send():
            media = media_told(call.path, call.header(b"content-type"))
            return refused(call.context, call.path, media, NoKey())
        return await self._take(call)


class ShortWay:
    """ASGI: what is posted at a door goes there past the rest of the application, which knows the doors too."""

    def __init__(self, app: Starlette, doors: Mapping[str, Door]) -> None:
        self._app, self.doors = app, doors

    @property
    def context(self) -> ApiContext:
        context: ApiContext = self._app.state.context
        return context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        posted = scope["type"] == "http" and scope["method"] == "POST"
        door = self.doors.get(scope["path"]) if posted else None
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
