"""Do deadlines fire in order, and does time go on?"""

from rules import player
from rules.decisions import Result, Wake
from rules.instants import MINUTE, SECOND
from rules.kinds import QUIET, RECHECK, TALK
from rules.player import Player
from rules.ruleset import Ruleset
from rules.state import Slice
from support.story import START


def playing(monkeypatch, answer) -> tuple[Player, list]:
    heard: list = []
    monkeypatch.setattr(player, "step", lambda _rules, _states, item, now: answer(item, now))
    return Player(Ruleset(), Slice(), lambda now, item, _: heard.append((now, item.kind))), heard


def test_at_one_moment_what_may_be_told_comes_first_and_what_is_said_last(monkeypatch):
    play, heard = playing(monkeypatch, lambda _item, _now: Result())
    for kind in (TALK, QUIET, RECHECK):
        play.wake((kind, "x", ""), START)
    play.advance(START)
    assert [kind for _, kind in heard] == [RECHECK, QUIET, TALK]


def test_a_deadline_that_always_asks_for_its_own_moment_does_not_stop_time(monkeypatch):
    play, heard = playing(monkeypatch, lambda item, now: Result(deadlines=[Wake(item.kind, item.owner, "", now)]))
    play.wake((TALK, "x", ""), START)
    play.wake((QUIET, "y", ""), START + MINUTE)
    play.advance(START + 2 * MINUTE)
    assert {now for now, kind in heard if kind == TALK} == {START + each * SECOND for each in range(121)}
    assert (START + MINUTE, QUIET) in heard
