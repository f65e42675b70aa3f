"""A crash between any two statements changes nothing: what was not committed is done again, once."""

from rules.instants import HOUR, MINUTE, SECOND, format_instant
from support.fragile import Crash, Fragile
from support.fuzzing import TIMES
from support.house import House

CONFIGURATION = """
channels: {ops: {type: webhook, url: "http://127.0.0.1:9/x"}, boss: {type: webhook, url: "http://127.0.0.1:9/y"}}
policies:
  default:
    channels: [ops]
    timing: {medium: now, high: now, critical: now}
    group_wait: 10s
    group_interval: 1m
    dedup_window: 5m
    remind: {high: [12m]}
    escalate: [{after: 20m, channels: [boss]}]
"""
TOLD = "SELECT created_at, channel, reason, since_last, about FROM notification ORDER BY created_at, channel, about"
WAITING = "SELECT due_at AS created_at, kind, owner, detail FROM deadline ORDER BY kind, owner, detail"


def play(house: House) -> None:
    """All timers of a policy: the wait, the spacing, the end of the window, a reminder, an escalation, the end."""
    for run, more in (("r1", {}), ("s1", {"workflow": "ship"})):
        house.event(run_id=run, **more)
    go_on(house, 30 * SECOND)
    house.event(run_id="r2")
    house.event(run_id="r3", error={"type": "Bang", "message": "other"})
    go_on(house, 8 * MINUTE)
    go_on(house, 20 * MINUTE)
    began = format_instant(house.clock.now())
    go_on(house, MINUTE)
    house.event(run_id="r4", outcome="succeeded", started_at=began)
    go_on(house, HOUR)


def go_on(house: House, duration: int) -> None:
    """In steps; whoever dies is followed by another at once."""
    for _ in range(2):
        house.clock.sleep(duration // 2)
        while not _worked(house):
            house.restart()


def _worked(house: House) -> bool:
    try:
        house.work()
    except Crash:
        return False
    return True


def played(house: House, dies_at: int = 0) -> tuple[list[dict], int]:
    """What was told, which deadlines are left, and how many statements it took."""
    whole = house.store
    house.store = fragile = Fragile(whole)
    house.restart()
    fragile.die_at(dies_at)
    play(house)
    house.store = whole
    assert house.rows("SELECT * FROM quarantine") == []
    waiting = [dict(row) for row in house.rows(WAITING)]
    return [dict(row) for row in house.rows(TOLD)] + waiting, fragile.statements


def bare(told: list[dict], timed: bool) -> list[tuple]:
    """Where workers take a moment to come back, times differ by it."""
    found = [tuple(value for name, value in row.items() if timed or name != "created_at") for row in told]
    return found if timed else sorted(found, key=str)


def test_whenever_it_dies_the_same_is_told_and_the_same_deadlines_are_left(house):
    first = house(CONFIGURATION)
    expected, statements = played(first)
    assert {row.get("reason") for row in expected} >= {"first", "again", "reminder", "escalation", "resolved"}
    timed = not first.store.shared
    samples = (4 if timed else 1) * TIMES
    for sample in range(samples):
        dies_at = (2 * sample + 1) * statements // (2 * samples)
        told, _ = played(house(CONFIGURATION), dies_at)
        assert bare(told, timed) == bare(expected, timed), f"died at statement {dies_at} of {statements}"
