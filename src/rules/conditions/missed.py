"""``missed: cron``: true from due + grace on if no run began in [due − early, due + grace], until one begins.

``early`` is half the time since the due time before, 10 minutes at most, where the rule does not say it; so each run
is one due time's. The first look of all arms for the first due time after it. A run that is told of late takes back a
due time that was missed, if it began in time; one that begins late ends it. Of runs that began less than ``grace``
apart some are forgotten, and all beyond 1,000 that no due time has come for.
"""

from bisect import bisect_left
from dataclasses import dataclass

from rules.calendar.schedule import Schedule, cron
from rules.condition_models import Missed as MissedConfig
from rules.conditions.shared import ANYTHING, evidence, lateness
from rules.conditions.thinning import superfluous
from rules.instants import MINUTE, Duration, Instant, format_duration, format_instant
from rules.memory import Holding, Kind, Memory, Recent, Seen

_EARLY: Duration = 10 * MINUTE
_MOST_RUNS = 1_000
_MOST_CHECKS = 100


@dataclass(slots=True, frozen=True)
class Progress:
    """``due`` is the next time to be looked at, ``before`` the one before (0: none), ``missed`` so many in a row, the
    last at ``last``."""

    due: Instant
    before: Instant = 0
    missed: int = 0
    last: Instant = 0
    last_before: Instant = 0


@dataclass(slots=True, frozen=True)
class Missed:
    schedule: Schedule
    grace: Duration
    early: Duration | None
    told_within: Duration
    wants: frozenset[Kind] = ANYTHING
    ends_with_it: bool = True

    def observe(self, memory: Memory, seen: Seen, now: Instant) -> Holding:
        progress = self._progress(memory, now)
        began = seen.started_at or seen.at
        if progress.missed and began >= self._opens(progress.last, progress.last_before):
            progress = Progress(progress.due, progress.before)
        return self._answer(self._with(memory.recent, (began, seen.run or seen.occurrence), progress), progress)

    def look(self, memory: Memory, now: Instant) -> Holding:
        progress = self._progress(memory, now)
        for _ in range(_MOST_CHECKS):
            if progress.due + self.grace > now:
                break
            progress = self._checked(memory.recent, progress)
        if progress.due + self.grace <= now:
            progress = self._skipped(progress, now)
        return self._answer(self._kept(memory.recent, progress), progress)

    def _progress(self, memory: Memory, now: Instant) -> Progress:
        return Progress(*memory.numbers) if memory.numbers else Progress(self.schedule.following(now))

    def _checked(self, runs: Recent, progress: Progress) -> Progress:
        """After the next due time: was there a run?"""
        due, following = progress.due, self.schedule.following(progress.due)
        place = bisect_left(runs, (self._opens(due, progress.before), ""))
        if place < len(runs) and runs[place][0] <= due + self.grace:
            return Progress(following, due)
        return Progress(following, due, progress.missed + 1, due, progress.before)

    def _skipped(self, progress: Progress, now: Instant) -> Progress:
        """Nobody looked for very long: the due times in between are nobody's fault, and not gone through."""
        return Progress(self.schedule.following(now - self.grace), 0, *_misses(progress))

    def _opens(self, due: Instant, before: Instant) -> Instant:
        """From when on a run is one for ``due``."""
        if self.early is not None:
            return due - self.early
        return due - (min(_EARLY, (due - before) // 2) if before else _EARLY)

    def _with(self, runs: Recent, run: tuple[Instant, str], progress: Progress) -> Memory:
        place = bisect_left(runs, run)
        if runs[place : place + 1] == (run,) or run[0] < self._opens(progress.due, progress.before):
            return Memory(runs, numbers=_numbers(progress))
        runs = (*runs[:place], run, *runs[place:])
        extra = superfluous([at for at, _ in runs], place, self.grace)
        if extra is not None:
            runs = (*runs[:extra], *runs[extra + 1 :])
        return Memory(runs[:_MOST_RUNS], numbers=_numbers(progress))

    def _kept(self, runs: Recent, progress: Progress) -> Memory:
        """What may still be a run for a due time that was not looked at yet."""
        first = bisect_left(runs, (self._opens(progress.due, progress.before), ""))
        return Memory(runs[first:], numbers=_numbers(progress))

    def _answer(self, memory: Memory, progress: Progress) -> Holding:
        wake = progress.due + self.grace
        if not progress.missed:
            return Holding(memory, False, wake=wake)
        due = (("due", format_instant(progress.last)), ("grace", format_duration(self.grace)))
        missed = (("missed in a row", progress.missed), ("next due", format_instant(progress.due)))
        return Holding(memory, True, wake=wake, evidence=evidence((*due, *missed)))


def _misses(progress: Progress) -> tuple[int, Instant, Instant]:
    return progress.missed, progress.last, progress.last_before


def _numbers(progress: Progress) -> tuple[int, ...]:
    return (progress.due, progress.before, *_misses(progress))


def build(config: MissedConfig, expression: str) -> Missed:
    schedule = cron(expression, config.timezone)
    return Missed(schedule, config.grace, config.early, lateness(config.grace))
