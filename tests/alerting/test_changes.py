"""Is every change that was told there once, and what became of each error group?"""

import json

import pytest

from alerting.storage.changes import changes_between, group_events_between
from rules.instants import DAY, HOUR, MINUTE, format_instant

HOOK = 'channels: {hook: {type: webhook, url: "http://127.0.0.1:9/x"}}\n'
SHAS = ["0f3c9a1b77", "a81d20cc54", "3be07f1290"]


def changes(h, first=0, until=2**62):
    with h.store.read() as connection:
        return changes_between(connection, first, until)


def became(h, first=0, until=2**62):
    """(kind, version) of what became of groups, in order."""
    with h.store.read() as connection:
        return [(each.kind, each.version) for each in group_events_between(connection, first, until)]


def group_of(h):
    [row] = h.rows("SELECT id FROM error_group")
    return row["id"]


def fail(h, run_id, version=""):
    h.event(run_id=run_id, version=version)
    h.pass_time(MINUTE)


def test_a_change_is_there_once_however_often_it_is_told(house):
    h = house(HOOK)
    at = h.clock.now()
    told = {"title": "deployed 2.4.1", "workflow": ["pay*"], "version": "2.4.1", "at": format_instant(at)}
    for _ in range(2):
        h.change("d-1", **told, url="https://ci.example/1")
        h.change("", **told, kind="image", environment="live")
        h.work()
    assert sorted(changes(h), key=lambda each: each.kind) == [
        (at, "deployment", "deployed 2.4.1", "2.4.1", "", ("pay*",), "https://ci.example/1"),
        (at, "image", "deployed 2.4.1", "2.4.1", "live", ("pay*",), ""),
    ]


def test_a_period_holds_its_beginning_and_not_its_end(house):
    h = house(HOOK)
    start = h.clock.now()
    for hours in range(3):
        h.change(title=f"at {hours}", at=format_instant(start + hours * HOUR - 3 * HOUR))
    h.work()
    found = changes(h, start - 3 * HOUR, start - HOUR)
    assert [each.title for each in found] == ["at 0", "at 1"]


def test_secrets_in_a_title_are_not_kept(house):
    h = house(HOOK)
    h.change(title="deployed with password=hunter2 set")
    h.work()
    assert "hunter2" not in changes(h)[0].title


def test_a_webhook_and_a_change_that_cannot_be_read_harm_no_other(house):
    h = house(HOOK)
    deployed = {"state": "success", "environment": "live", "created_at": format_instant(h.clock.now())}
    body = {"deployment_status": deployed, "deployment": {"id": 7, "sha": "abc", "ref": "main"},
            "repository": {"full_name": "octo/shop"}}  # fmt: skip
    h.put("changes", b'[{"title": 7}]', 1)
    h.put("webhook:github", json.dumps(body).encode(), 1)
    h.work()
    assert [(each.title, each.version) for each in changes(h)] == [("deployed octo/shop main to live", "abc")]
    assert [row["kind"] for row in h.rows("SELECT kind FROM quarantine")] == ["changes"]


def test_changes_and_what_became_of_groups_are_forgotten_after_400_days(house):
    h = house(HOOK)
    h.change(title="old")
    h.event(run_id="r1")
    h.pass_time(399 * DAY)
    h.change(title="new")
    h.pass_time(MINUTE)
    assert [each.title for each in changes(h)] == ["old", "new"]
    h.pass_time(2 * DAY)
    assert [each.title for each in changes(h)] == ["new"]
    assert h.rows("SELECT * FROM group_event") == []


def test_a_group_is_new_once_and_since_its_first_failure(house):
    h = house(HOOK)
    begin = h.clock.now()
    fail(h, "r2", "1.0")
    h.event(run_id="r1", version="0.9", occurred_at=format_instant(begin - HOUR))
    fail(h, "r3", "1.1")
    assert became(h) == [("new", "1.0")]
    assert became(h, begin) == []
    assert became(h, begin - HOUR, begin) == [("new", "1.0")]


@pytest.mark.parametrize(
    ("versions", "mended_in", "regresses_with"),
    [
        (["1.9", "1.9", "1.10"], "1.10", 2),
        (["1.9", "1.9", "1.11"], "1.10", 2),
        (["1.9", "1.9", "1.8"], "1.10", None),
        (["1.9", "1.10-rc1", "1.10"], "1.10", 2),
        (["1.9", "1.9", ""], "1.10", 2),
        (["1.9", "1.9", "1.9"], "", 1),
        ([SHAS[0], SHAS[0], SHAS[2]], SHAS[1], 2),
        ([SHAS[0], SHAS[1], SHAS[2]], SHAS[1], 1),
    ],
)
def test_only_the_version_that_mends_it_or_a_later_one_makes_it_regress(house, versions, mended_in, regresses_with):
    h = house(HOOK)
    fail(h, "r0", versions[0])
    h.mend(group_of(h), mended_in)
    h.pass_time(MINUTE)
    for number, version in enumerate(versions[1:], 1):
        fail(h, f"r{number}", version)
    back = [] if regresses_with is None else [("regressed", versions[regresses_with])]
    assert became(h) == [("new", versions[0]), ("resolved", mended_in), *back]
    [group] = h.rows("SELECT state, count FROM error_group")
    assert (group["state"], group["count"]) == ("regressed" if back else "resolved", 3)
    assert [row["by"] for row in h.rows("SELECT by FROM group_event WHERE kind = 'resolved'")] == ["ann"]


def test_a_group_that_is_mended_comes_back_and_is_mended_again(house):
    h = house(HOOK)
    fail(h, "r0", "1")
    for number in (1, 2):
        h.mend(group_of(h))
        h.pass_time(MINUTE)
        fail(h, f"r{number}", "2")
    fail(h, "r3", "2")
    kinds = [kind for kind, _ in became(h)]
    assert kinds == ["new", "resolved", "regressed", "resolved", "regressed"]


def test_to_mend_what_is_not_there_leaves_nothing(house):
    h = house(HOOK)
    h.mend("nothing", "1")
    h.event(run_id="r1")
    h.work()
    assert became(h) == [("new", "")]
    assert h.rows("SELECT * FROM quarantine") == []


def test_a_blank_group_that_turns_out_to_be_another_was_never_new(house):
    h = house(HOOK)
    h.event(run_id="r1", error=None)
    h.pass_time(10_000_000)
    h.event(run_id="r1", occurred_at=format_instant(h.clock.now() - 10_000_000))
    h.work()
    assert [row["error_group"] for row in h.rows("SELECT error_group FROM group_event")] == [group_of(h)]


def test_who_mends_a_group_is_not_overwritten_by_who_counts_in_it(shared_pair):
    """What one reads and another writes meanwhile: the group's own worker does both."""
    h = shared_pair
    fail(h, "r0", "1")
    group = group_of(h)
    h.event(run_id="r1", version="1")
    h.mend(group, "2")
    for consumer in h.consumers:  # both bodies are read by one before anyone works on them
        consumer._intake.once(consumer._member.name, consumer._scrubber)
    assert h.rows("SELECT state FROM error_group")[0]["state"] == "ongoing"
    h.work()
    assert h.rows("SELECT state, resolved_version, count FROM error_group") == [
        {"state": "resolved", "resolved_version": "2", "count": 2}
    ]


@pytest.fixture
def shared_pair(tmp_path, database):
    from support.house import House

    made = House(tmp_path, HOOK, database.url, 2)
    made.attend()
    yield made
    made.close()
