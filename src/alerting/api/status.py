"""Is Tocsin itself well? ``/health``, ``/metrics`` and how far the work is."""

from typing import Any

from fastapi import APIRouter, Request
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.responses import JSONResponse, Response

from alerting.api.changing import problems_of
from alerting.api.context import ApiContext, context_of
from alerting.clock import Clock, SteadyClock, SyncedClock
from alerting.configuration.schema import schema
from alerting.database.port import StoreUnavailable
from alerting.selfwatch.ping import FAILED, LEFT_OUT, Ping, last_ping
from alerting.selfwatch.vitals import Vitals, read_vitals
from alerting.storage import alerts, messages, progress
from alerting.wire import time_or_none, worker_wire
from rules.instants import DAY, SECOND, Instant

router = APIRouter()
_SILENT_AFTER = 20  # seconds without a sign of life of the worker
_CLOCK_OFF_SECONDS = 3
_REFUSES_FOR = 15 * SECOND


def pipeline(context: ApiContext) -> dict[str, Any]:
    now = context.clock.now()
    with context.store.read() as connection:
        done = progress.load(connection)
        accepted = context.accepted(connection, done)
        due, retrying = messages.pending(connection, now)
    behind = accepted > done.items
    lag = max(0, now - done.engine_now) / SECOND if behind and done.engine_now else 0.0
    return {
        "accepted": accepted,
        "processed": done.items,
        "lag_seconds": round(lag, 3),
        "outbox_pending": due,
        "outbox_retrying": retrying,
    }


@router.get("/api/v1/pipeline")
def get_pipeline(request: Request) -> dict[str, Any]:
    return pipeline(context_of(request))


@router.get("/schema/tocsin.json")
def configuration_schema() -> JSONResponse:
    """For editors, which have no login; there is nothing in it that the documentation does not say."""
    return JSONResponse(schema(), media_type="application/schema+json")


@router.get("/api/v1/workers")
def workers(request: Request) -> dict[str, Any]:
    with context_of(request).store.read() as connection:
        return {"items": [worker_wire(row) for row in progress.workers(connection)], "next": None}


@router.get("/health")
def health(request: Request) -> JSONResponse:
    """200 when bodies are taken in and worked on; 503 with what is wrong."""
    context = context_of(request)
    try:
        with context.store.read() as connection:
            beat_at = progress.load(connection).beat_at
            aside = progress.quarantined(connection)
            channels = messages.health(connection)
            troubles = alerts.rule_errors(connection, context.clock.now() - DAY)
            ping = last_ping(connection)
    except StoreUnavailable as error:
        return _health(context, [*refused_now(context), f"the state store cannot be used: {error}"], [])
    ill = [name for name, row in channels.items() if not row["healthy"]]
    warnings = [f"channel {name} cannot deliver: {channels[name]['detail']}" for name in ill]
    if aside:
        warnings.append(f"{aside} bodies could not be read and were set aside")
    wrong = [*refused_now(context), *_is_silent(context, beat_at)]
    warnings += [f"rule {each['rule']} could not be evaluated: {each['error']}" for each in troubles]
    warnings += [*_ping_is_not_heard(context, ping), *_clock_is_off(context.clock)]
    return _health(context, wrong, warnings, ping, degraded=bool(troubles))


def wrong_now(context: ApiContext) -> list[str]:
    """What keeps bodies from being taken in or worked on."""
    with context.store.read() as connection:
        beat_at = progress.load(connection).beat_at
    return [*refused_now(context), *_is_silent(context, beat_at)]


def refused_now(context: ApiContext) -> list[str]:
    """Not for longer than senders take to come again: a receiver to which nothing is sent any more would stay ill."""
    refused = context.inbox.refused
    if refused is None or context.clock.machine_now() - refused.at > _REFUSES_FOR:
        return []
    return [f"nothing is taken in, senders are told to come again: {refused.why}"]


def _is_silent(context: ApiContext, beat_at: Instant) -> list[str]:
    silent = (context.clock.machine_now() - beat_at) / SECOND
    return [] if silent < _SILENT_AFTER else ["the worker gives no sign of life"]


def _health(
    context: ApiContext, wrong: list[str], warnings: list[str], ping: Ping | None = None, *, degraded: bool = False
) -> JSONResponse:
    """``degraded``: everything is taken in and worked on, but a rule has no answer."""
    refused = problems_of(context.in_force.refused)
    said = {
        "status": "unavailable" if wrong else "degraded" if degraded else "ok",
        "wrong": wrong,
        "warnings": warnings,
        "configuration": {"status": "refused" if refused else "active", "problems": refused},
        "self": _self_watch(context, ping),
    }
    return JSONResponse(said, 503 if wrong else 200)


def _self_watch(context: ApiContext, ping: Ping | None) -> dict[str, Any]:
    """What this receiver's look at Tocsin itself found, and what came of the last ping; None for what is not asked
    for."""
    limits, watched = context.active().configuration.self_watch, context.watched()
    pings = ping is not None and limits is not None and limits.ping_url is not None
    return {
        "channel": limits.channel if limits else None,
        "keeps_watch": watched.keeps_watch,
        "looked_at": time_or_none(watched.looked_at),
        "troubles": [{"what": each.key, "since": time_or_none(each.since)} for each in watched.troubles],
        "ping": {"state": ping.state, "at": time_or_none(ping.at), "detail": ping.detail} if ping and pings else None,
    }


def _ping_is_not_heard(context: ApiContext, ping: Ping) -> list[str]:
    limits = context.active().configuration.self_watch
    if limits is None or limits.ping_url is None or ping.state not in {FAILED, LEFT_OUT}:
        return []
    return [f"the dead man's ping {'failed' if ping.state == FAILED else 'is left out'}: {ping.detail}"]


def _clock_is_off(clock: Clock) -> list[str]:
    if isinstance(clock, SteadyClock) and (ahead := clock.ahead // SECOND) >= _CLOCK_OFF_SECONDS:
        return [
            f"this machine's clock was set back: it is {ahead} s behind what Tocsin has reached, whose time goes at "
            "half speed until they meet; what happens now looks that much late"
        ]
    off = clock.skew // SECOND if isinstance(clock, SyncedClock) else 0
    if abs(off) < _CLOCK_OFF_SECONDS:
        return []
    way = "ahead of" if off > 0 else "behind"
    return [f"this machine's clock is {abs(off)} s {way} the database's, which Tocsin goes by; set it right"]


@router.get("/metrics")
def metrics(request: Request) -> Response:
    context = context_of(request)
    registry = CollectorRegistry()
    found = pipeline(context)
    with context.store.read() as connection:
        found["quarantined"] = progress.quarantined(connection)
        vitals = read_vitals(connection, context.clock, context.oldest_waiting)
        dead = messages.dead_letters(connection)
        troubles = alerts.rule_errors(connection, 0)
        ping = last_ping(connection)
    found |= _ages(vitals, context.clock.machine_now())
    found["configuration_refused"] = len(context.in_force.refused[:1])
    found["self_watch_troubles"] = len(context.watched().troubles)
    if ping.answered_at:
        found["dead_man_ping_age_seconds"] = _seconds(ping.answered_at, context.clock.machine_now())
    Counter("tocsin_dead_letters", "Messages that nobody got", registry=registry).inc(dead)
    healthy = Gauge("tocsin_channel_healthy", "0 after it refused for good", ["channel"], registry=registry)
    for name in context.active().channels:
        healthy.labels(name).set(name not in vitals.refusing)
    errors = Gauge("tocsin_rule_errors", "Times that a rule could not be evaluated", ["rule"], registry=registry)
    for each in troubles:
        errors.labels(each["rule"]).set(each["count"])
    for name, value in found.items():
        Gauge(f"tocsin_{name}", _HELP[name], registry=registry).set(value)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _ages(vitals: Vitals, now: Instant) -> dict[str, float]:
    return {
        "worker_heartbeat_age_seconds": _seconds(vitals.beat_at, now),
        "evaluation_lag_seconds": _seconds(vitals.waiting_since, now),
        "oldest_undelivered_seconds": _seconds(
            min((each.at for each in vitals.undelivered.values()), default=None), now
        ),
    }


def _seconds(since: Instant | None, now: Instant) -> float:
    """0 where nothing waits."""
    return 0.0 if since is None else max(0.0, (now - since) / SECOND)


_HELP = {
    "accepted": "Spans, log records and events accepted",
    "processed": "Spans, log records and events worked on",
    "lag_seconds": "How far the worker is behind the newest input",
    "outbox_pending": "Deliveries due now",
    "outbox_retrying": "Deliveries waiting for a later try",
    "quarantined": "Bodies set aside because they could not be read",
    "configuration_refused": "1 where the file is not right and what was in force before stays so",
    "worker_heartbeat_age_seconds": "Since the worker's last sign of life",
    "evaluation_lag_seconds": "Since the oldest was accepted that is not judged yet; 0 where nothing waits",
    "oldest_undelivered_seconds": "Since the oldest message was decided that is still owed; 0 where none is",
    "self_watch_troubles": "What is ill by this receiver's last look at Tocsin itself",
    "dead_man_ping_age_seconds": "Since the dead man's ping was answered last",
}
