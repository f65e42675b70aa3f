"""Who hears of it? Second half of a batch: timed inputs and due deadlines through ``rules``, in order of time."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from alerting.consumer.mirroring import mirrored
from alerting.consumer.timed import SETTLE, SETTLE_WAIT, Ended, Timed
from rules.decisions import Decision, Judged, Notify, Result, Silent
from rules.engine import Needs, level_of, needs
from rules.inputs import Due, Failed, Input
from rules.instants import Instant
from rules.memory import Kind
from rules.player import Player
from rules.ruleset import Ruleset
from rules.state import Slice

Quiet = tuple[str, str, str, str, str]


class Told(msgspec.Struct, frozen=True):
    """A message decided at ``at``, because of ``run`` where a run caused it."""

    at: Instant
    notify: Notify
    run: str


class Verdict(msgspec.Struct, frozen=True):
    """What a rule came to at ``at``, because of ``run``."""

    at: Instant
    judged: Judged
    run: str


class Deciding:
    """``open_levels`` are the levels where an alert is open; kept up to date while the batch goes on. ``mirrors``: the
    channels that show the state of an alert."""

    def __init__(
        self, ruleset: Ruleset, states: Slice, open_levels: set[str], due: Iterable[Due], mirrors: Iterable[str] = ()
    ) -> None:
        self._ruleset, self.states, self._mirrors = ruleset, states, sorted(mirrors)
        self.open_levels = open_levels
        self._player = Player(ruleset, states, self._heard, due)
        self._run = ""
        self.told: list[Told] = []
        self.verdicts: dict[tuple[str, str], Verdict] = {}
        self.troubles: Counter[tuple[str, str]] = Counter()
        self.silent: Counter[Quiet] = Counter()
        self.silent_at: dict[Quiet, tuple[Instant, str]] = {}

    @property
    def deadlines(self) -> dict[tuple[str, str, str], Instant | None]:
        return self._player.deadlines

    @property
    def over(self) -> list[str]:
        """Alerts that have ended and kept others from being told."""
        return self._player.over

    def take(self, timed: Timed) -> None:
        self.advance(timed.now)
        item = timed.item
        if isinstance(item, Ended):
            if self._matters(item):
                self.deadlines[SETTLE, item.run, ""] = timed.now + SETTLE_WAIT
            return
        self._run = timed.run
        self._player.take(item, timed.now)
        self._run = ""

    def _matters(self, ended: Ended) -> bool:
        """A success is final only later; until then it is waited for where something comes of it."""
        return _level(ended) in self.open_levels or self._ruleset.watches(ended.success.run.workflow, Kind.SUCCEEDED)

    def advance(self, until: Instant) -> None:
        """Fire every deadline due by ``until``, each at its own time."""
        self._player.advance(until)

    def _heard(self, now: Instant, item: Input, result: Result) -> None:
        run = "" if isinstance(item, Due) else self._run
        for decision in (*result.decisions, *mirrored(item, result, now, self.states, self._mirrors)):
            self._decided(decision, now, run)
        for judged in result.judged:
            self.verdicts[judged.rule, run] = Verdict(now, judged, run)
        self.troubles.update((each.rule, each.error) for each in result.troubles)
        if isinstance(item, Failed):
            level = level_of(item.run.engine, item.run.workflow, item.run.environment)
            if self.states.open_at(level):
                self.open_levels.add(level)

    def _decided(self, decision: Decision, now: Instant, run: str) -> None:
        if isinstance(decision, Notify):
            self.told.append(Told(now, decision, run))
            return
        key = _silence_key(decision)
        self.silent[key] += 1
        self.silent_at.setdefault(key, (now, run))


def _silence_key(silent: Silent) -> Quiet:
    return (silent.alert_id, silent.rule, silent.channel, silent.reason.value, silent.because)


def _level(ended: Ended) -> str:
    run = ended.success.run
    return level_of(run.engine, run.workflow, run.environment)


def needed(
    ruleset: Ruleset, inputs: Iterable[Timed], due: Iterable[Due], open_levels: set[str], counts: dict[str, int]
) -> Needs:
    """The states that a batch can touch, to be fetched in one go."""
    wanted = Needs()
    for timed in inputs:
        if not isinstance(timed.item, Ended):
            needs(ruleset, timed.item, wanted, counts)
    for each in due:
        needs(ruleset, each, wanted, counts)
    wanted.levels &= open_levels
    return wanted
