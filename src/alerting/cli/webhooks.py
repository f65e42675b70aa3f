"""``tocsin webhook``: what would become of this body?"""

import argparse
import json
import os
from pathlib import Path
from typing import Any

from alerting.cli.main import BAD, FINE, WRONG_USAGE, complain
from alerting.clock import SystemClock
from alerting.configuration import Configuration, Invalid, load
from alerting.configuration.mapping import compile_map
from alerting.ingest import events
from alerting.ingest.changes import Change
from alerting.ingest.facts import Fact, RunFact
from alerting.ingest.webhooks import SENDERS
from alerting.server import configuration_text
from alerting.settings import SettingsError, from_environment
from alerting.tracking.book import RunBook
from alerting.tracking.record import RunRecord
from rules.instants import Instant, format_instant


def preview(asked: argparse.Namespace) -> int:
    try:
        settings = from_environment(os.environ, config=asked.config)
        configuration = load(configuration_text(settings, os.environ))
        body = json.loads(Path(asked.sample).read_text())
    except (SettingsError, Invalid) as error:
        return complain(str(error), BAD)
    except OSError as error:
        return complain(f"{asked.sample} cannot be read: {error.strerror}", WRONG_USAGE)
    except ValueError as error:
        return complain(f"{asked.sample} is not JSON: {error}", BAD)
    now = SystemClock().now()
    try:
        facts = _facts(configuration, asked.sender, body, now)
        changes = SENDERS[asked.sender].changes(body, now) if asked.sender in SENDERS else []
    except ValueError as error:
        return complain(str(error), BAD)
    for change in changes:
        print("\n".join(f"{name:13} {value}" for name, value in _change(change) if value))
    return FINE if changes else _show(facts, now)


def _facts(configuration: Configuration, name: str, body: Any, now: Instant) -> list[Fact]:
    told = configuration.webhooks.get(name)
    if told is not None and told.map is not None:
        event = compile_map(told.map).event(body)
        print(f"by the map: {json.dumps(event, ensure_ascii=False)}")
        return [events.read(event)]
    if name not in SENDERS:
        raise ValueError(
            f"no sender is called {name!r}; known are {', '.join(sorted({*SENDERS, *configuration.webhooks}))}"
        )
    return SENDERS[name].read(body, now)


def _show(facts: list[Fact], now: Instant) -> int:
    book = RunBook()
    for fact in facts:
        if isinstance(fact, RunFact):
            fact.run_id = fact.run_id or "(made when it comes)"
        book.take(fact, now)
    records = list(book.all())
    for record in records:
        print("\n".join(f"{name:13} {value}" for name, value in _described(record) if value))
    if not records:
        print("It is understood, but tells of no run by itself." if facts else "It tells of no run.")
    return FINE if facts else BAD


def _change(change: Change) -> list[tuple[str, str]]:
    return [
        ("change", change.title),
        ("kind", change.kind),
        ("made", format_instant(change.at)),
        ("version", change.version),
        ("environment", change.environment),
        ("url", change.url),
        ("id", change.id),
    ]


def _described(record: RunRecord) -> list[tuple[str, str]]:
    error = ": ".join(part for part in (record.error.type, record.error.message) if part)
    return [
        ("engine", record.engine),
        ("workflow", record.workflow),
        ("run id", record.run_id),
        ("outcome", record.outcome.value),
        ("failing step", record.failing_step),
        ("error", error),
        ("attempts", str(record.attempts or "")),
        ("ended", format_instant(record.ended_at) if record.ended_at else ""),
        ("version", record.version),
        ("environment", record.environment),
        ("url", record.url),
        ("labels", ", ".join(f"{name}={value}" for name, value in record.detail.labels.items())),
    ]
