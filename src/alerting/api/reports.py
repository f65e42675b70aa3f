"""The trend report over HTTP: a page, files of the same numbers, pictures of its charts."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, Response

from alerting.api.context import context_of
from alerting.moments import BadQuery
from alerting.reporting.asking import Wanted, formed, report_of
from alerting.reporting.kept import keep

if TYPE_CHECKING:
    from reports.model import Report

router = APIRouter()
_SCRIPTS = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_MEDIA = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}


@router.get("/reports/trend", include_in_schema=False)
def page(request: Request, wanted: Annotated[Wanted, Query()]) -> HTMLResponse:
    """It is kept: the files that it leads to, and its own address, show the same numbers again."""
    context, query = context_of(request), request.url.query
    now = context.clock.now()
    report = _made(request, wanted)
    named = wanted.id or (report.id if keep(context.store, report, now) else "")
    return _page(report, query, f"id={named}" if named else query)


@router.get("/reports/{id_}", include_in_schema=False)
def again(request: Request, id_: str) -> HTMLResponse:
    return _page(_made(request, Wanted(id=id_)), "", f"id={id_}")


def _page(report: "Report", query: str, files: str) -> HTMLResponse:
    from reports.render_html import render_html

    said = render_html(report, {"home": "/", "query": query, "files": files})
    # The report's one script is its own, inlined; nothing in it comes from data.
    return HTMLResponse(said, headers={"content-security-policy": _SCRIPTS})


@router.get("/reports/trend/chart.png", include_in_schema=False)
def chart(request: Request, wanted: Annotated[Wanted, Query()], section: str, place: int = 0) -> Response:
    from reports.export import render_png

    try:
        drawn = render_png(_made(request, wanted), section, place)
    except ValueError as error:
        raise BadQuery(str(error)) from None
    return Response(drawn, media_type="image/png")


@router.get("/api/v1/reports/trend")
def data(
    request: Request,
    wanted: Annotated[Wanted, Query()],
    format: str = "json",  # noqa: A002
    section: str = "",
    download: bool = False,
) -> Response:
    """``section``: of CSV, one section alone. ``download``: as a file to be kept."""
    if format not in _MEDIA:
        raise BadQuery(f"format must be one of {', '.join(_MEDIA)}")
    if section and format != "csv":
        raise BadQuery("section goes with format=csv")
    body = _file(request, wanted, format, section)
    headers = {"content-disposition": f'attachment; filename="tocsin-report.{format}"'} if download else {}
    return Response(body, media_type=_MEDIA[format], headers=headers | {"content-security-policy": _SCRIPTS})


def _file(request: Request, wanted: Wanted, form: str, section: str) -> str | bytes:
    report = _made(request, wanted)
    try:
        return formed(report, form, {"home": f"{context_of(request).settings.public_url.rstrip('/')}/"}, section)
    except ValueError as error:
        raise BadQuery(str(error)) from None


def _made(request: Request, wanted: Wanted) -> "Report":
    context = context_of(request)
    try:
        return report_of(context.store, wanted, context.clock.now())
    except ValueError as error:
        raise BadQuery(str(error)) from None
