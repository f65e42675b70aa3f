"""A story as a timeline: what is pushed when, and what is wanted when, on a clock turned by hand.

    play(house(POLICY), push(at("2.5s"), failed("bar")), want(between("6s", "6.2s"), first("bar")))

Every message that a channel takes has to be wanted, and every wanted one has to come.
"""

import asyncio
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from alerting.compose import Composer
from alerting.dispatcher.dispatcher import Dispatcher
from notifiers.message import Message, Receipt, Verdict
from notifiers.recording import RecordingChannel
from rules.instants import DAY, HOUR, MILLISECOND, MINUTE, SECOND, Duration, Instant, format_instant, parse_instant
from support.house import House

_UNITS = {"ms": MILLISECOND, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
Act = Callable[[House], None]
Answers = Callable[[Duration], Receipt]


def at(moment: str) -> Duration:
    """``"2.5s"`` or ``"1h 30m"`` after the start."""
    parts = _PART.findall(moment)
    assert "".join(number + unit for number, unit in parts) == moment.replace(" ", ""), moment
    return sum(int(Fraction(number) * _UNITS[unit]) for number, unit in parts)


@dataclass(frozen=True)
class Push:
    at: Duration
    acts: tuple[Act, ...]


@dataclass(frozen=True)
class Told:
    """One message: its reason, and the reason of each alert in it by workflow."""

    reason: str
    about: dict[str, str]
    channel: str = "ops"

    def on(self, channel: str) -> "Told":
        return Told(self.reason, self.about, channel)


@dataclass(frozen=True)
class Want:
    begin: Duration
    end: Duration
    told: Told


def push(moment: Duration, *acts: Act) -> Push:
    return Push(moment, acts)


def between(begin: str, end: str) -> tuple[Duration, Duration]:
    return at(begin), at(end)


def want(within: tuple[Duration, Duration], told: Told) -> Want:
    return Want(*within, told)


def told(reason: str, **about: str) -> Told:
    return Told(reason, about)


def _about_all(reason: str) -> Callable[..., Told]:
    return lambda *workflows: Told(reason, dict.fromkeys(workflows, reason))


first, again, resolved, recovered = (_about_all(each) for each in ("first", "again", "resolved", "recovered"))
reopened, reminder, escalation = (_about_all(each) for each in ("reopened", "reminder", "escalation"))
flapping, late, severity_up = (_about_all(each) for each in ("flapping", "late", "severity_up"))


def failed(workflow: str, ago: str = "0s", **more: Any) -> Act:
    def act(house: House) -> None:
        house.event(workflow, occurred_at=format_instant(house.clock.now() - at(ago)), **_named(house, more))

    return act


def succeeded(workflow: str, **more: Any) -> Act:
    """A run that began after whatever was pushed before it."""

    def act(house: House) -> None:
        house.clock.sleep(10)
        began = format_instant(house.clock.now())
        house.event(workflow, outcome="succeeded", started_at=began, **_named(house, more))

    return act


def _named(house: House, more: dict[str, Any]) -> dict[str, Any]:
    return {"run_id": f"run-{house.clock.now()}", **more}


def _act_on(action: str, workflow: str) -> Act:
    def act(house: House) -> None:
        [row] = house.rows(f"SELECT id FROM alert WHERE workflow = '{workflow}' AND state != 'resolved'")
        house.act(action, row["id"])

    return act


def acknowledged(workflow: str) -> Act:
    return _act_on("acknowledge", workflow)


def unacknowledged(workflow: str) -> Act:
    return _act_on("unacknowledge", workflow)


def configured(text: str) -> Act:
    return lambda house: house.configure(text)


def restarted() -> Act:
    return House.restart


class AnsweringChannel(RecordingChannel):
    """Answers as it is told to at that time since the start of the timeline."""

    def __init__(self, name: str, house: House, answers: Answers) -> None:
        super().__init__(name, targets=("127.0.0.1",))
        self._house, self._answers, self._start = house, answers, house.clock.now()

    async def send(self, message: Message, target: str) -> Receipt:
        self.receipts = [self._answers(self._house.clock.now() - self._start)]
        return await super().send(message, target)


def unreachable(code: int, retry_after: float | None = None) -> Receipt:
    return Receipt(Verdict.UNREACHABLE, code, f"HTTP {code}", retry_after)


@dataclass
class Line:
    """A message that a channel took."""

    at: Duration
    told: Told
    message: Message


@dataclass
class Timeline:
    house: House
    pushes: list[Push] = field(default_factory=list)
    told: list[Line] = field(default_factory=list)

    def __post_init__(self) -> None:
        now = self.house.clock.now()
        self._start = now - now % SECOND
        self._seen: dict[str, int] = {}
        self._runner = asyncio.Runner()
        worker = self.house.members[-1] if self.house.members else None
        composer, active = Composer(self.house.store, "http://tocsin"), lambda: self.house.consumer.active
        self._dispatcher = Dispatcher(self.house.store, self.house.clock, composer, active, random.Random(1), worker)

    def play(self, until: Duration) -> None:
        waiting = sorted(self.pushes, key=lambda each: each.at)
        with self._runner:
            self._go_on()
            while (moment := self._next(waiting)) is not None and moment <= self._start + until:
                self.house.clock.set(moment)
                while waiting and self._start + waiting[0].at <= moment:
                    for act in waiting.pop(0).acts:
                        act(self.house)
                self._go_on()

    def _next(self, waiting: list[Push]) -> Instant | None:
        """When anything happens: something is pushed, a deadline comes, a message may be tried again."""
        moments = [self._start + waiting[0].at] if waiting else []
        now = self.house.clock.now()
        for column in ("due_at FROM deadline", "next_attempt_at FROM outbox", "paused_until FROM channel_health"):
            name = column.split()[0]
            [row] = self.house.rows(f"SELECT min({name}) AS at FROM {column.split()[2]} WHERE {name} > {now}")
            moments += [row["at"]] if row["at"] is not None else []
        return min(moments, default=None)

    def _go_on(self) -> None:
        self.house.work()
        self._runner.run(self._deliver())
        for channel in self.house.channels.values():
            taken = channel.messages[self._seen.get(channel.name, 0) :]
            self._seen[channel.name] = len(channel.messages)
            self.told += [Line(self.house.clock.now() - self._start, _told(each), each) for each in taken]

    async def _deliver(self) -> None:
        while await self._dispatcher.start_due():
            await self._dispatcher.drained()


def _told(message: Message) -> Told:
    return Told(message.reason, {part.workflow: part.reason for part in message.alerts}, message.channel)


def play(house: House, *lines: Push | Want, until: str = "") -> Timeline:
    """Up to ``until``, else up to the last line."""
    timeline = Timeline(house, [line for line in lines if isinstance(line, Push)])
    wants = [line for line in lines if isinstance(line, Want)]
    last = max(line.end if isinstance(line, Want) else line.at for line in lines)
    timeline.play(max(last, at(until) if until else 0))
    _compare(timeline.told, wants)
    return timeline


def _compare(lines: list[Line], wants: list[Want]) -> None:
    left = list(lines)
    missing = [each for each in wants if not _take(left, each)]
    story = "\n".join(f"{line.at / SECOND:>12.3f} s  {line.told}" for line in lines)
    assert not missing, f"did not come: {missing}\ncame:\n{story}"
    assert not left, f"nobody wanted: {left}\ncame:\n{story}"


def _take(left: list[Line], wanted: Want) -> bool:
    for line in left:
        if wanted.begin <= line.at <= wanted.end and line.told == wanted.told:
            left.remove(line)
            return True
    return False


class Houses:
    """``begins``: when the timeline does, RFC 3339. ``answers``: how the channel ``ops`` answers."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._made = folder, []

    def __call__(self, text: str, begins: str = "", answers: Answers | None = None) -> House:
        made = House(self._folder / f"data{len(self._made)}")
        self._made.append(made)
        if begins:
            made.clock.set(parse_instant(begins))
        if answers:
            made.channels["ops"] = AnsweringChannel("ops", made, answers)
        made.configure(text)
        made.work()
        return made

    def close(self) -> None:
        for made in self._made:
            made.close()
