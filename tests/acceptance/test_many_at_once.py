"""One cause strikes 300 workflows: how many messages is that, and is anything lost in them?"""

from acceptance.timeline import Timeline, failed, push, succeeded
from rules.instants import HOUR, MINUTE, SECOND

HOOK = "channels: {ops: {type: webhook, url: 'http://127.0.0.1:9/x'}}\n"
BY_CAUSE = HOOK + "policies: {default: {channels: [ops], group_by: [cause]}}\n"
WORKFLOWS = [f"w{n}" for n in range(300)]
ERROR = {"type": "Timeout", "message": "db-1 does not answer"}


def _strike(house):
    """All fail within half a minute, and two hours later all are over."""
    waves = [(n * SECOND, WORKFLOWS[n * 10 : n * 10 + 10]) for n in range(30)]
    fail = [push(moment, *(failed(name, error=ERROR) for name in wave)) for moment, wave in waves]
    good = [push(2 * HOUR + moment, *(succeeded(name) for name in wave)) for moment, wave in waves]
    timeline = Timeline(house, fail + good)
    timeline.play(4 * HOUR)
    return timeline.told


def _about(lines):
    return [workflow for line in lines for workflow in line.told.about]


def _ends(lines):
    return [line for line in lines if set(line.told.about.values()) == {"resolved"}]


def test_by_cause_they_are_two_messages_in_the_first_hour_and_two_when_it_is_over(house):
    told = _strike(house(BY_CAUSE))
    begun = [line for line in told if line.at < 2 * HOUR]
    assert [(line.at // MINUTE, line.told.reason) for line in begun] == [(0, "first"), (60, "new_members")]
    assert sorted(_about(begun)) == sorted(WORKFLOWS)
    assert told == begun + _ends(told)
    assert sorted(_about(_ends(told))) == sorted(WORKFLOWS)
    assert [line.at // MINUTE for line in _ends(told)] == [120, 122]


def test_by_workflow_ten_are_told_alone_and_the_others_together(house):
    told = _strike(house(HOOK))
    begun = [line for line in told if line.at < 2 * HOUR]
    assert [line.told.reason for line in begun] == ["first"] * 10 + ["storm"] * 2
    assert [line.at // MINUTE for line in begun] == [0] * 11 + [10]
    assert sorted(_about(begun)) == sorted(WORKFLOWS)
    assert told == begun + _ends(told)
    assert sorted(_about(_ends(told))) == sorted(WORKFLOWS)
    assert len(_ends(told)) == 12
