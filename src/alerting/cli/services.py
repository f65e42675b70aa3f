"""``tocsin serve``, ``api`` and ``worker``."""

import argparse
import logging
import os
from collections.abc import Callable

from alerting.backend import UNUSABLE, place_of
from alerting.cli.main import BAD, FINE, WRONG_USAGE, complain
from alerting.configuration.problems import Invalid
from alerting.settings import Settings, from_environment


def serve(asked: argparse.Namespace) -> int:
    return _receive(asked, with_worker=True)


def api(asked: argparse.Namespace) -> int:
    return _receive(asked, with_worker=False)


def worker(asked: argparse.Namespace) -> int:
    from alerting.worker import run

    _log()
    try:
        run(_settings(asked, listens=False), os.environ, asked.parent)
    except UNUSABLE as error:
        return complain(str(error), WRONG_USAGE)
    return FINE


def _receive(asked: argparse.Namespace, with_worker: bool) -> int:
    from alerting.server import serve as serve_until_stopped

    _log()
    try:
        settings = _settings(asked)
        serve_until_stopped(settings, os.environ, with_worker, _announce(settings))
    except Invalid as invalid:
        return complain(f"the configuration is not right\n{invalid}", BAD)
    except UNUSABLE as error:
        return complain(str(error), WRONG_USAGE)
    return FINE


def _settings(asked: argparse.Namespace, listens: bool = True) -> Settings:
    return from_environment(os.environ, asked.listen, asked.data, asked.config, listens, asked.listen_grpc)


def _announce(settings: Settings) -> Callable[[str, str], None]:
    def say(url: str, grpc: str) -> None:
        told = settings.config or "no file: any failure is told at once"
        also = f" and on {grpc} (OTLP/gRPC)" if grpc else ""
        print(
            f"Tocsin listens on {url} (pages, API, OTLP/HTTP){also}. Rules: {told}. Data: {place_of(settings)}",
            flush=True,
        )
        if settings.config is None and not settings.notify:
            print("Nobody is told yet: set TOCSIN_NOTIFY to an Apprise URL, or write tocsin.yaml.", flush=True)

    return say


def _log() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
