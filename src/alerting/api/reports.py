"""The trend report over HTTP: a page, JSON and CSV of the same numbers."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, Response

from alerting.api.context import context_of
from alerting.moments import BadQuery
from alerting.reporting.asking import Wanted, render

router = APIRouter()
_SCRIPTS = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:; "
    "base-uri 'none'; frame-ancestors 'none'"
)


@router.get("/reports/trend", include_in_schema=False)
def page(request: Request, wanted: Annotated[Wanted, Query()]) -> HTMLResponse:
    said = _rendered(request, wanted, "html")
    # The report's one script is its own, inlined; nothing in it comes from data.
    return HTMLResponse(said, headers={"content-security-policy": _SCRIPTS})


@router.get("/api/v1/reports/trend")
def data(request: Request, wanted: Annotated[Wanted, Query()], format: str = "json") -> Response:  # noqa: A002
    if format not in {"json", "csv"}:
        raise BadQuery("format must be json or csv")
    media = {"json": "application/json", "csv": "text/csv; charset=utf-8"}[format]
    return Response(_rendered(request, wanted, format), media_type=media)


def _rendered(request: Request, wanted: Wanted, form: str) -> str:
    context = context_of(request)
    try:
        return render(context.store, wanted, form, context.clock.now(), {"home": "/"})
    except ValueError as error:
        raise BadQuery(str(error)) from None
