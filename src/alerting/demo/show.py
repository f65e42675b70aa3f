"""The demo itself: a real service on a clock that starts a day ago, a player, and someone who hears the alerts."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2

from alerting.clock import CatchUpClock, SystemClock
from alerting.database.sqlite import FILE_NAME, open_sqlite
from alerting.demo.history.playing import runs
from alerting.demo.history.spans import steps_of
from alerting.demo.history.telemetry import traces
from alerting.demo.history.world import PlayedRun
from alerting.demo.past import remember
from alerting.demo.shop import WORKFLOWS, deployments, shop
from alerting.reporting.answering import report_of
from alerting.reporting.asking import Wanted
from alerting.settings import SettingsError
from rules.instants import DAY, Instant

CONFIG = """# The demo's rules: a small example of a tocsin.yaml.
severity:
  - {{match: {{workflow: "charge*"}}, severity: critical}}
  - {{match: {{workflow: "nightly-*"}}, severity: medium}}
channels:
  demo: {{type: webhook, url: "{url}", secret: "demo-secret"}}
rules:
  - name: any-failure
    match: {{workflow: ["charge*", "sync*", "import*", "nightly*"]}}
  - name: mails-busy
    match: {{workflow: send-invoices}}
    condition: {{count: 2, within: 3h}}
  - name: card-objective
    match: {{workflow: charge-card}}
    condition: {{burn_rate: {{slo: 0.99}}}}
    notify: shadow
policies:
  default: {{channels: [demo], dedup_window: 1h}}
"""
_LOOKED_BACK = "21d"  # half of what there is: the other half is what it is compared with
_PACE_SECONDS = 0.05
_PATIENCE_SECONDS = 60
_NOT_FOR_DEMO = {"TOCSIN_NOTIFY", "TOCSIN_DATABASE_URL"}


class Demo:
    def __init__(self, data: Path, listen: str, seconds: int) -> None:
        self._data, self._listen, self._seconds = data, listen, seconds
        self._url = f"http://{listen}"
        self._heard = 0

    def run(self, once: bool) -> None:
        """Until Ctrl-C or SIGTERM, either of which ends the service as well. Raises SettingsError."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _interrupted)
        self._empty()
        listener = self._listener()
        try:
            self._show(listener.server_port, once)
        except KeyboardInterrupt:
            print()
        finally:
            listener.shutdown()

    def _show(self, heard_at: int, once: bool) -> None:
        rate = DAY // (self._seconds * 1_000_000) + 1
        started = self._data.resolve() / "started"
        self._clock = CatchUpClock(started, DAY, rate)
        (self._data / "tocsin.yaml").write_text(CONFIG.format(url=f"http://127.0.0.1:{heard_at}/alerts"))
        day = self._clock.now()
        played = self._past(day)
        service = self._serve(f"catchup:{started}:{DAY}:{rate}")
        try:
            self._play(service, played, [each for each in deployments(day) if each[0] >= day])
            self._report()
            if not once:
                report = f"{self._url}/reports/trend?since={_LOOKED_BACK}"
                print(f"\nPages: {self._url}/   Report: {report}   Ctrl-C ends it.", flush=True)
                service.wait()
        finally:
            service.terminate()
            service.wait(15)

    def _empty(self) -> None:
        """Only a folder that a demo or a service made is thrown away."""
        if self._data.exists() and any(self._data.iterdir()) and not (self._data / FILE_NAME).exists():
            raise SettingsError(f"{self._data} holds other files; give another folder with --data")
        shutil.rmtree(self._data, ignore_errors=True)
        self._data.mkdir(mode=0o700, parents=True)

    def _serve(self, clock: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-P", "-m", "alerting.cli.main", "serve", "--listen", self._listen]
        command += ["--data", str(self._data), "--config", str(self._data / "tocsin.yaml")]
        environment = {**os.environ, "TOCSIN_CLOCK": clock}
        environment = {name: value for name, value in environment.items() if name not in _NOT_FOR_DEMO}
        return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)

    def _past(self, day: Instant) -> list[PlayedRun]:
        """Puts what was before into the store; what is left to be played, in the order of the ends."""
        played = sorted(runs(shop(day)), key=lambda run: run.ended_at)
        store = open_sqlite(self._data)
        remember(store, [run for run in played if run.ended_at < day], day)
        store.close()
        return [run for run in played if run.ended_at >= day]

    def _play(
        self, service: "subprocess.Popen[bytes]", played: list[PlayedRun], due: list[tuple[Instant, dict[str, str]]]
    ) -> None:
        with httpx2.Client(base_url=self._url, timeout=30, trust_env=False) as client:
            _wait_ready(client, service)
            self._clock.start()
            what = f"{len(played)} runs of {len(WORKFLOWS)} workflows"
            print(f"Playing a day of {what} in about {self._seconds} s:\n", flush=True)
            while played:
                now = self._clock.now()
                _deploy(client, [told for at, told in due if at <= now])
                due = [each for each in due if each[0] > now]
                over = [run for run in played if run.ended_at <= now]
                played = played[len(over) :]
                _send(client, over)
                _sleep(_PACE_SECONDS)
            _wait_drained(client)

    def _report(self) -> None:
        from reports.render_html import render_html

        store = open_sqlite(self._data)
        path = self._data / "report.html"
        path.write_text(render_html(report_of(store, Wanted(since=_LOOKED_BACK), SystemClock().now())))
        store.close()
        print(f"\n{self._heard} messages in all. The trend report is in {path}", flush=True)

    def _listener(self) -> ThreadingHTTPServer:
        """The channel's other end: prints what it is told."""
        demo = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                demo._hear(said["title"], said["sent_at"])
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=listener.serve_forever, daemon=True).start()
        return listener

    def _hear(self, title: str, at: str) -> None:
        self._heard += 1
        print(f"  {at[11:16]}  {title}", flush=True)


def _interrupted(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _send(client: httpx2.Client, over: list[PlayedRun]) -> None:
    if over:
        body, media = traces(over, steps_of), "application/x-protobuf"
        client.post("/v1/traces", content=body, headers={"content-type": media}).raise_for_status()


def _deploy(client: httpx2.Client, told: list[dict[str, str]]) -> None:
    if told:
        client.post("/api/v1/changes", json=told).raise_for_status()


def _wait_ready(client: httpx2.Client, service: "subprocess.Popen[bytes]") -> None:
    for _ in range(_PATIENCE_SECONDS * 10):
        if service.poll() is not None:
            raise SettingsError("the service did not start; its message stands above")
        try:
            if client.get("/health").status_code == 200:
                return
        except httpx2.TransportError:
            pass
        _sleep(0.1)
    raise SettingsError("the service did not become ready")


def _wait_drained(client: httpx2.Client) -> None:
    for _ in range(_PATIENCE_SECONDS * 10):
        found = client.get("/api/v1/pipeline").json()
        if found["accepted"] == found["processed"] and not found["outbox_pending"]:
            return
        _sleep(0.1)


def _sleep(seconds: float) -> None:
    threading.Event().wait(seconds)
