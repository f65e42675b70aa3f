"""The trend report over HTTP: a page, files of the same numbers, pictures of its charts."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, Response

from alerting.api.context import context_of
from alerting.moments import BadQuery
from alerting.reporting.asking import Wanted, render, report_of

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
    said = _answer(request, wanted, {"home": "/", "query": request.url.query})
    # The report's one script is its own, inlined; nothing in it comes from data.
    return HTMLResponse(said, headers={"content-security-policy": _SCRIPTS})


@router.get("/reports/trend/chart.png", include_in_schema=False)
def chart(request: Request, wanted: Annotated[Wanted, Query()], section: str, place: int = 0) -> Response:
    from reports.export import render_png

    context = context_of(request)
    try:
        drawn = render_png(report_of(context.store, wanted, context.clock.now()), section, place)
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
    from reports.export import render_csv, render_parquet

    context = context_of(request)
    if form in {"json", "html"}:
        return _answer(request, wanted, {"home": f"{context.settings.public_url.rstrip('/')}/"}, form)
    try:
        report = report_of(context.store, wanted, context.clock.now())
        return render_parquet(report) if form == "parquet" else render_csv(report, section)
    except ValueError as error:
        raise BadQuery(str(error)) from None


def _answer(request: Request, wanted: Wanted, links: dict[str, str], form: str = "html") -> str:
    context = context_of(request)
    try:
        return render(context.store, wanted, form, context.clock.now(), links)
    except ValueError as error:
        raise BadQuery(str(error)) from None
