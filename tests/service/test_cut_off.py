"""A worker is cut off from the database, not from the people it tells, while failures go on; then it comes back."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterator

import pytest

from support.databases import query
from support.fleet import Fleet
from support.hosts import Host
from support.postgresql_server import PostgresqlServer
from support.sender import Sender
from support.sinks import HttpSink

CAUSES = 400


@pytest.fixture
def host() -> Iterator[Host]:
    made = Host(1)
    yield made
    made.close()


@pytest.mark.parametrize(
    "seconds",
    [pytest.param(14, marks=pytest.mark.timeout(180)), pytest.param(30, marks=[pytest.mark.soak])],
)
def test_no_message_is_doubled_when_a_worker_that_was_cut_off_returns(tmp_path, host, seconds):
    """Each failure is a cause of its own for a long time, so that messages are owed all the while."""
    server = PostgresqlServer(tmp_path, listen="*")
    config = (
        'channels: {{hook: {{type: webhook, url: "{}"}}}}\n'
        "policies: {{default: {{channels: [hook], storm: {{alerts: 100000}}}}}}\n"  # each cause is told apart
    )
    try:
        with (
            HttpSink(host=host.elsewhere) as sink,
            Fleet(tmp_path, server.url, config.format(sink.url), receivers=1, workers=1) as fleet,
        ):
            far_url = server.url.replace("127.0.0.1", host.database)
            far = fleet.start_worker(host.wrap, TOCSIN_DATABASE_URL=far_url)
            fleet.workers.append(far)
            fleet.wait_until(lambda: len(owners(server)) == 2, "shared by two")
            [near_name] = [row["id"] for row in query(server.url, "SELECT id FROM worker ORDER BY started_at LIMIT 1")]
            sender = Sender(fleet.ports, "s", 20 * (seconds + 6), CAUSES, every=0.05)
            sender.start()
            time.sleep(3)
            cut_at = time.time()
            host.cut()
            took = fleet.wait_until(lambda: owners(server) == {near_name: 32}, "taken over", 20)
            time.sleep(max(0.0, seconds - took))
            mended_at = time.time()
            host.mend()
            fleet.wait_until(lambda: len(owners(server)) == 2, "shared by two again", 90)
            sender.join(60)
            fleet.wait_until(fleet.drained, "drained", 60)
            stored = Counter(row["run_id"] for row in query(server.url, "SELECT run_id FROM failure"))
        arrived = defaultdict(list)
        for request in sink.requests:
            if request.json["reason"] == "first":
                arrived[request.json["alerts"][0]["workflow"]].append(request)
    finally:
        server.close()
    assert took < 10
    assert Counter(sender.acknowledged) == stored
    expected = {f"w{int(run_id.split('-')[1]) % CAUSES}" for run_id in stored}
    assert set(arrived) == expected
    assert [workflow for workflow, requests in arrived.items() if len({r.json["id"] for r in requests}) > 1] == []
    again = [requests for requests in arrived.values() if len(requests) > 1]
    # What it had just sent when it was cut off, and could not say so, another sends under the same id; nothing else.
    assert [r for requests in again for r in requests if r.at > mended_at] == []
    assert [requests for requests in again if abs(requests[0].at - cut_at) > 1] == []


def owners(server: PostgresqlServer) -> dict[str, int]:
    rows = query(server.url, "SELECT owner, count(*) AS n FROM partition WHERE owner != '' GROUP BY owner")
    return {row["owner"]: row["n"] for row in rows}
