"""What one worker decided live, another decides from the same inbox, in other batches and with other restarts."""

import random
import shutil

import pytest

from alerting.consumer import embedded
from alerting.inbox.segments import FOLDER
from rules.instants import HOUR, MINUTE, SECOND, format_instant
from support.house import House

CONFIGURATION = """
channels: {ops: {type: webhook, url: "http://127.0.0.1:9/x"}, boss: {type: webhook, url: "http://127.0.0.1:9/y"}}
policies:
  default:
    channels: [ops]
    group_wait: 10s
    dedup_window: 5m
    remind: {high: [12m]}
    escalate: [{after: 20m, channels: [boss]}]
"""
TABLES = {
    "notification": "SELECT * FROM notification ORDER BY created_at, id",
    "decision": "SELECT at, alert, rule, channel, kind, reason, because, run FROM decision WHERE kind <> 'silent' "
    "ORDER BY at, alert, rule, channel, kind, reason, run",
    # Equal silences of one batch are one row: here it is their number that must be the same.
    "silences": "SELECT alert, rule, channel, reason, because, sum(count) AS n FROM decision WHERE kind = 'silent' "
    "GROUP BY alert, rule, channel, reason, because ORDER BY alert, rule, channel, reason, because",
    "alert": "SELECT * FROM alert ORDER BY id",
    "alert_state": "SELECT * FROM alert_state ORDER BY key",
    "conversation": "SELECT * FROM conversation ORDER BY key",
    "deadline": "SELECT * FROM deadline ORDER BY kind, owner, detail",
}


def decided(house: House) -> dict[str, list[dict]]:
    return {name: [dict(row) for row in house.rows(query)] for name, query in TABLES.items()}


def live(house: House, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(45):
        workflow, outcome = chance.choice(["pay", "ship", "bill"]), chance.choice(["failed", "failed", "succeeded"])
        began = format_instant(house.clock.now() - chance.choice([0, 1, 90]) * SECOND)
        error = {"type": chance.choice(["Boom", "Bang"]), "message": "it broke"} if outcome == "failed" else None
        house.event(workflow, f"r{number}", outcome, started_at=began, **({"error": error} if error else {}))
        if chance.random() < 0.6:
            house.pass_time(chance.choice([0, 1, 7, 11, 61, 301, 1_200]) * SECOND)
    house.pass_time(HOUR)


@pytest.mark.parametrize("rows", [1, 7, 500])
def test_an_inbox_replayed_gives_the_same_decisions_byte_for_byte(tmp_path, monkeypatch, rows):
    first = House(tmp_path / "live", CONFIGURATION)
    live(first, rows)
    expected, end = decided(first), first.clock.now()
    first.close()
    shutil.copytree(tmp_path / "live" / FOLDER, tmp_path / "again" / FOLDER)
    monkeypatch.setattr(embedded, "MOST_ROWS", rows)
    again = House(tmp_path / "again")
    again.restart()
    again.pass_time(end - again.clock.now() - MINUTE)
    again.restart()
    again.pass_time(MINUTE)
    found = decided(again)
    again.close()
    assert len(expected["notification"]) > 10
    for name, wanted in expected.items():
        assert found[name] == wanted, name
