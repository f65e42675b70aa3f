"""What happens in the demo's shop? Five workflows in six weeks and the day that is played, with a plain truth."""

from dataclasses import replace

from alerting.demo.history.world import Drift, Fault, Guilty, Mishaps, Outage, Regression, Release, Workflow, World
from rules.instants import DAY, HOUR, MINUTE, SECOND, Duration, Instant, format_instant
from rules.vocabulary import Severity

PAST: Duration = 42 * DAY
_SEED = 24
_BUSY = Fault("SMTPServerBusy", "451 mailbox user{n}@example.com busy", "mail")
_SLOW = Fault("UpstreamTimeout", "GET /stock/{n} gave no answer in 10 s", "fetch")
_GATEWAY = Fault("GatewayError", "status 503 from the card gateway", "charge")
_BAD_ROW = Fault("ParserError", "row {n} has too few fields", "parse")
_COLUMN = Fault("KeyError", "'column_{n}'", "parse")
_DATABASE = Fault("OperationalError", "connection to server at db-1 refused")
MENDED = Fault("AssertionError", "total of order {n} is not what its lines come to", "load-order")


def _workflow(
    name: str,
    every: Duration,
    typical: Duration,
    steps: tuple[tuple[str, float], ...],
    rate: float,
    fault: Fault,
    severity: Severity = Severity.HIGH,
    flaky: float = 0.0,
) -> Workflow:
    last = steps[-1][0] if flaky else ""
    return Workflow(
        name, "otel", "production", every, steps, typical, 0.35, rate, (fault,), flaky, last, severity=severity
    )


WORKFLOWS = (
    _workflow(
        "charge-card", 4 * MINUTE, 3 * SECOND // 2, (("load-order", 0.15), ("charge", 0.65), ("send-receipt", 0.2)),
        0.001, _GATEWAY, Severity.CRITICAL,
    ),
    _workflow(
        "sync-inventory", 10 * MINUTE, 7 * SECOND, (("fetch", 0.55), ("compare", 0.3), ("store", 0.15)),
        0.003, _SLOW, flaky=0.04,
    ),
    _workflow(
        "send-invoices", 15 * MINUTE, 11 * SECOND, (("collect", 0.3), ("render", 0.5), ("mail", 0.2)), 0.02, _BUSY
    ),
    _workflow(
        "import-catalog", 30 * MINUTE, 44 * SECOND, (("download", 0.45), ("parse", 0.35), ("upsert", 0.2)),
        0.001, _BAD_ROW,
    ),
    _workflow(
        "nightly-report", 6 * HOUR, 110 * SECOND, (("query", 0.8), ("draw", 0.2)), 0.0, _DATABASE, Severity.MEDIUM
    ),
)  # fmt: skip
_BROKE, _MENDED, _BROKE_PARSING = -14 * DAY, -8 * DAY, 15 * HOUR  # 2.3.0, 2.3.1 and 2.4.0
_RELEASES = ((-PAST, "2.2.0"), (_BROKE, "2.3.0"), (_MENDED, "2.3.1"), (_BROKE_PARSING, "2.4.0"))
_OUTAGES = (
    Outage(-30 * DAY, -30 * DAY + 2 * HOUR, ("charge-card", "sync-inventory", "send-invoices"), _DATABASE, 0.8),
    Outage(-3 * DAY, -3 * DAY + 3 * HOUR, ("sync-inventory",), _SLOW, 1.0),
    Outage(5 * HOUR, 7 * HOUR, ("sync-inventory",), _SLOW, 1.0),
    Outage(11 * HOUR, 12 * HOUR, ("charge-card",), _GATEWAY, 1.0),
    Outage(_BROKE_PARSING, DAY, ("import-catalog",), _COLUMN, 1.0),  # nothing that 2.4.0 imports goes well
)


def shop(day: Instant) -> World:
    """The world of which the last day begins at ``day``; what is planted is told from there."""
    begin, end = day - PAST, day + DAY
    return World(
        _SEED, begin, end, sum((end - begin) // each.every for each in WORKFLOWS), WORKFLOWS,
        tuple(Release(each.name, day + at, version) for each in WORKFLOWS for at, version in _RELEASES),
        (Regression("charge-card", day + _BROKE, day + _MENDED, "2.3.0", 30.0, MENDED),),
        (Drift("import-catalog", day - 20 * DAY, 1.7),),
        tuple(replace(each, since=day + each.since, until=day + each.until) for each in _OUTAGES),
        Guilty("host", "worker-3", 5.0), {"host": ("worker-1", "worker-2", "worker-3", "worker-4")},
        Mishaps(0, 0, 0, 0, 0),
    )  # fmt: skip


def deployments(day: Instant) -> list[tuple[Instant, dict[str, str]]]:
    """When each release came, and how it is told of as a change."""
    return [
        (day + at, {"title": f"deployed {version}", "version": version, "at": format_instant(day + at)})
        for at, version in _RELEASES
    ]
