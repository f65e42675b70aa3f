"""Who may come in? A key for senders, a password for people; both only where they are set."""

import base64
import binascii
import hmac
from urllib.parse import urlsplit

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from alerting.api.answers import media_told, refusal
from alerting.ingest.encoding import IngestError
from alerting.settings import Settings

COOKIE = "tocsin_session"
SESSION_SECONDS = 14 * 24 * 3600
_LONGEST_NAME = 200
_SENDERS = ("/v1/", "/ingest/")
_TOLD = frozenset({"/api/v1/events", "/api/v1/changes"})  # senders post there, people read there
_BY_SIGNATURE = ("/ingest/webhooks/", "/api/inngest")  # these doors ask for a signature or the key themselves
NO_KEY = "the ingest key is missing or wrong; send it as Authorization: Bearer KEY or as x-tocsin-key"
_OPEN = ("/health", "/login", "/static/", "/schema/", "/ping/")  # of a ping's address the key is a part
_BY_TOKEN = ("/act/",)  # the link itself is the permission
_HEADERS = (
    (b"content-security-policy", b"default-src 'self'; script-src 'none'; object-src 'none'; base-uri 'none'; "
     b"frame-ancestors 'none'; form-action 'self'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
)  # fmt: skip


class NoKey(IngestError):
    status = 401

    def __init__(self) -> None:
        super().__init__(NO_KEY)


class Gate:
    """ASGI middleware: asks for the key or the password, refuses forms of other sites, sets the safety headers."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app, self._settings = app, settings
        self._sessions = sessions(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused = self._refusal(Request(scope))
        await (refused or self._app)(scope, receive, _with_headers(send))

    def _refusal(self, request: Request) -> Response | None:
        path = request.url.path
        if path.startswith(_BY_SIGNATURE):
            return None
        if path.startswith(_SENDERS) or (path in _TOLD and request.method == "POST"):
            return None if has_key(request, self._settings) else _without_key(request)
        if path.startswith(_OPEN):
            return None
        if request.method not in {"GET", "HEAD"} and _is_foreign(request):
            return JSONResponse({"error": "a form of another site may not act here"}, 403)
        return None if path.startswith(_BY_TOKEN) or self._has_password(request) else _no_password(request)

    def _has_password(self, request: Request) -> bool:
        wanted = self._settings.admin_password
        return not wanted or self._has_session(request) or _same(_basic(request)[1], wanted)

    def _has_session(self, request: Request) -> bool:
        try:
            self._sessions.loads(request.cookies.get(COOKIE, ""), max_age=SESSION_SECONDS)
        except BadSignature:
            return False
        return True


def has_key(request: Request, settings: Settings) -> bool:
    """Of one who sends; ``?key=`` is for senders of webhooks that cannot set a header."""
    in_url = request.query_params.get("key", "") if request.url.path.startswith(_BY_SIGNATURE) else ""
    own = request.headers.get("x-tocsin-key", "")
    return may_send(settings, request.headers.get("authorization", ""), own) or _same(in_url, settings.ingest_key)


def may_send(settings: Settings, authorization: str, own: str) -> bool:
    """By the values of the two headers that the key may come in, where one is wanted."""
    wanted = settings.ingest_key
    bearer = authorization.removeprefix("Bearer ").strip()
    return not wanted or any(_same(given, wanted) for given in (bearer, own))


def who(request: Request, settings: Settings, told: str = "") -> str:
    """Who is asking: by the login where there is one, else as ``told``."""
    return (_logged_in(request, settings) if settings.admin_password else "") or told[:_LONGEST_NAME] or "api"


def _logged_in(request: Request, settings: Settings) -> str:
    name, password = _basic(request)
    if name and _same(password, settings.admin_password):
        return name
    try:
        return str(sessions(settings).loads(request.cookies.get(COOKIE, ""), max_age=SESSION_SECONDS))
    except BadSignature:
        return ""


def sessions(settings: Settings) -> URLSafeTimedSerializer:
    """Cookies signed with the password and the secret key: a new password ends every session."""
    return URLSafeTimedSerializer(f"{settings.secret_key}:{settings.admin_password}", salt="tocsin-session")


def is_password(settings: Settings, given: str) -> bool:
    return _same(given, settings.admin_password)


def _same(given: str, wanted: str) -> bool:
    return bool(given) and hmac.compare_digest(given.encode(), wanted.encode())


def _basic(request: Request) -> tuple[str, str]:
    """Name and password, empty where none are sent."""
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        name, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, password


def _is_foreign(request: Request) -> bool:
    origin = request.headers.get("origin")
    return bool(origin) and urlsplit(str(origin)).netloc != request.headers.get("host", "")


def _without_key(request: Request) -> Response:
    media = media_told(request.url.path, request.headers.get("content-type", ""))
    return refusal(request, media, NoKey())


def _no_password(request: Request) -> Response:
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        return RedirectResponse(f"/login?next={request.url.path}", 303)
    message = "the password is missing or wrong; log in at /login, or send it by HTTP Basic"
    return JSONResponse({"error": message}, 401, {"WWW-Authenticate": 'Basic realm="Tocsin"'})


def _with_headers(send: Send) -> Send:
    async def sending(message: object) -> None:
        if isinstance(message, dict) and message["type"] == "http.response.start":
            present = {name for name, _ in message["headers"]}
            message["headers"] = [*message["headers"], *(pair for pair in _HEADERS if pair[0] not in present)]
        await send(message)  # type: ignore[arg-type]

    return sending
