"""The trend report over HTTP: a page, files of the same numbers, pictures of its charts."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeAlias, TypeVar

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, Response

from alerting.api.context import context_of
from alerting.database.port import Store
from alerting.moments import BadQuery
from alerting.reporting import answering
from alerting.reporting.answering import Answer
from alerting.reporting.asking import Wanted, formed
from rules.instants import Instant

if TYPE_CHECKING:
    from reports.model import Report

T = TypeVar("T")
_Answered: TypeAlias = Callable[[Store, Wanted, Instant], Answer]
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
def page(request: Request, wanted: Annotated[Wanted, Query()], whole: bool = False) -> HTMLResponse:
    """What counts can answer comes at once, and the page fetches the rest. ``whole``: all of it, for who runs no
    scripts; so it comes where it is kept."""
    return _page(request, wanted, answering.whole if whole else answering.at_once)


@router.get("/reports/trend/rest", include_in_schema=False)
def rest(request: Request, wanted: Annotated[Wanted, Query()]) -> HTMLResponse:
    """All of it, for a page that has the scripts. It is kept: the files that the page leads to, and its own address,
    show the same numbers again."""
    return _page(request, wanted, answering.whole, scripts=False)


@router.get("/reports/{id_}", include_in_schema=False)
def again(request: Request, id_: str) -> HTMLResponse:
    return _page(request, Wanted(id=id_), answering.whole)


def _page(request: Request, wanted: Wanted, answered: _Answered, scripts: bool = True) -> HTMLResponse:
    from reports.render_html import render_html

    context = context_of(request)
    now = context.clock.now()
    report, kept = _tried(answered, context.store, wanted, now)
    links = {"home": "/", "query": request.url.query, "files": f"id={report.id}" if kept else wanted.fixed(now)}
    # The report's scripts are its own, inlined; nothing in them comes from data.
    policy = f"{_SCRIPTS}; connect-src 'self'" if report.pending else _SCRIPTS
    return HTMLResponse(render_html(report, links, scripts), headers={"content-security-policy": policy})


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
    return _tried(answering.report_of, context.store, wanted, context.clock.now())


def _tried(answered: Callable[[Store, Wanted, Instant], T], store: Store, wanted: Wanted, now: Instant) -> T:
    try:
        return answered(store, wanted, now)
    except ValueError as error:
        raise BadQuery(str(error)) from None
