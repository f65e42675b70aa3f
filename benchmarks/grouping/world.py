"""What the shop depends on: a warehouse that answers as its paths say, and a database with accounts."""

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.grouping.jobs import World

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
from support.databases import Database
from support.service import free_port

HOSTS = ("127.0.0.1", "127.0.0.2", "127.8.0.9")  # one warehouse, by many names
TABLES = (
    "CREATE TABLE payments (id bigint PRIMARY KEY, payer text NOT NULL, amount numeric NOT NULL)",
    "CREATE TABLE accounts (id int PRIMARY KEY, balance numeric NOT NULL)",
    "INSERT INTO payments SELECT n, 'cust', 1 FROM generate_series(1, 1000) n",
    "INSERT INTO accounts SELECT n, 0 FROM generate_series(1, 200) n",
    # An audit that takes its time: what makes two transfers meet in the middle.
    "CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.2); RETURN NEW; END'",
    "CREATE TRIGGER audit AFTER UPDATE ON accounts FOR EACH ROW EXECUTE FUNCTION audit()",
)
STOCK = {"empty": {"place": "Bremen", "on_hand": 0, "reserved": 0},
         "reserved": {"place": "Bremen", "on_hand": 900, "reserved": 900}}  # fmt: skip


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that lost patience is what some of the causes are about."""


class _Warehouse(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        kind = self.path.split("/")[1]
        if kind.startswith("moved-"):
            self._answer(302, location=self.path.replace("moved-", "", 1))
        elif kind in STOCK:
            self._answer(200, json.dumps(STOCK[kind]).encode())
        elif kind == "stalled":
            self._answer(200, b"{", promised=99)
            time.sleep(1)
        elif kind == "slow":
            time.sleep(1)
        else:
            self._answer({"unavailable": 503, "absent": 404}[kind])

    def _answer(self, status: int, body: bytes = b"", promised: int = 0, location: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(promised or len(body)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def world() -> Iterator[World]:
    with ExitStack() as ends:
        port = ends.enter_context(_serving(HOSTS[0], 0))
        for host in HOSTS[1:]:
            ends.enter_context(_serving(host, port))
        database = Database()
        ends.callback(database.drop)
        database.execute(*TABLES, f"ALTER DATABASE {database.name} SET deadlock_timeout = '50ms'")
        yield World(port, free_port(), database.url, (*HOSTS, "localhost"))


@contextmanager
def _serving(host: str, port: int) -> Iterator[int]:
    server = _Server((host, port), _Warehouse)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
