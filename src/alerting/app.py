"""The application: doors, reading API, pages and health on one port."""

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import JSONResponse, Response

from alerting.api import (
    acting,
    auditing,
    beside,
    changes,
    delivering,
    explaining,
    ingest,
    managing,
    pings,
    reading,
    reports,
    silencing,
    sources,
    status,
    webhooks,
)
from alerting.api.answers import refusal
from alerting.api.changing import Refused
from alerting.api.context import ApiContext, context_of
from alerting.api.security import Gate
from alerting.database.port import StoreUnavailable
from alerting.inbox.port import Overloaded
from alerting.moments import BadQuery
from alerting.pages import acting_links, marking
from alerting.pages import beside as beside_page
from alerting.pages import router as pages
from alerting.pages.rendering import render

_NO_DOOR = "this is no door; OTLP goes to /v1/traces and /v1/logs, events to /api/v1/events, others to /ingest/…"
_PARTS = (
    status, reading, beside, delivering, explaining, sources, managing, silencing, acting, auditing, changes, reports,
    pages, beside_page, marking, acting_links,
)  # fmt: skip


def create_app(context: ApiContext) -> FastAPI:
    app = FastAPI(title="Tocsin", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")
    app.state.context = context
    app.router.routes.extend([*ingest.routes(), *webhooks.routes(), *pings.routes()])
    _mount_inngest(app, context)
    for part in _PARTS:
        app.include_router(part.router)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(404, _http_error)
    app.add_exception_handler(405, _http_error)
    app.add_exception_handler(BadQuery, _bad_query)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _bad_request)
    app.add_exception_handler(Overloaded, _overloaded)
    app.add_exception_handler(StoreUnavailable, _unavailable)
    app.add_middleware(Gate, settings=context.settings)
    return app


def _mount_inngest(app: FastAPI, context: ApiContext) -> None:
    """Inngest's SDK takes memory and time to import: only where it is used."""
    if context.settings.inngest_key or context.settings.inngest_dev:
        from alerting.api.inngest_app import mount

        mount(app, context)
    else:
        app.add_api_route("/api/inngest", _no_inngest, methods=["GET", "PUT", "POST"], include_in_schema=False)


def _no_inngest() -> Response:
    hint = "set INNGEST_SIGNING_KEY, or INNGEST_DEV=1 for the dev server, where Tocsin runs, and start it again"
    return JSONResponse({"error": f"Tocsin is not an Inngest app yet: {hint}"}, 503)


def _problem(request: Request, status_code: int, message: str) -> Response:
    """A page for people, ``{"error"}`` for programs."""
    if "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/"):
        return render(request, "problem.html", status_code, status=status_code, message=message)
    return JSONResponse({"error": message}, status_code)


def _http_error(request: Request, error: Exception) -> Response:
    code, detail = getattr(error, "status_code", 500), getattr(error, "detail", str(error))
    if detail == "Not Found":
        detail = f"there is nothing at {request.url.path}"
    if request.method not in {"GET", "HEAD"} and code in {404, 405}:
        context_of(request).turned_away.add(request.url.path, code, _NO_DOOR)
        detail = _NO_DOOR
    return _problem(request, code, str(detail))


def _bad_query(request: Request, error: Exception) -> Response:
    return _problem(request, 400, str(error))


def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return JSONResponse({"error": str(error), "problems": error.problems}, 422)


def _bad_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    said = "; ".join(f"{each['loc'][-1]}: {each['msg']}" for each in error.errors())
    return _problem(request, 400, said)


def _unavailable(request: Request, error: Exception) -> Response:
    response = _problem(request, 503, f"the state store cannot be used just now: {error}")
    response.headers["Retry-After"] = "2"
    return response


def _overloaded(request: Request, error: Exception) -> Response:
    return refusal(request, "", error if isinstance(error, Overloaded) else Overloaded(str(error)))
