"""What happens to an installation? A plan drawn from a seed, so that what was found can be played again."""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from chaos.checker import Disturbance
from support.sinks import Answer, HttpSink

MOODS: Mapping[str, Answer] = {
    "well": Answer(),
    "slow": Answer(delay=0.7),
    "ill": Answer(500),
    "busy": Answer(429, {"Retry-After": "1"}),
    "closing": Answer(drop=True),
    "hanging": Answer(delay=11.0),  # longer than anybody waits for it
}
BRIEF = ("well", "well", "well", "well", "slow", "ill", "busy", "closing")  # what is tried again soon enough


class Installation(Protocol):
    """``acts`` do harm for so many seconds and mend it, but for what was killed: ``revive`` starts that anew."""

    @property
    def acts(self) -> Mapping[str, "ActOf"]: ...

    def revive(self) -> None: ...


class ActOf(Protocol):
    def __call__(self, seconds: float) -> None: ...


@dataclass(frozen=True)
class Act:
    """``wait`` seconds after the one before, ``name`` for ``lasts`` seconds; receivers of messages are in ``moods``."""

    name: str
    wait: float
    lasts: float
    moods: tuple[str, ...]


def plan(seed: int, names: Sequence[str], receivers: int, seconds: float, moods: Sequence[str]) -> list[Act]:
    """Every act before any comes again, for about ``seconds``."""
    chance = random.Random(seed)
    found: list[Act] = []
    left: list[str] = []
    while seconds > 0:
        left = left or chance.sample(sorted(names), len(names))
        felt = tuple(chance.choice(moods) for _ in range(receivers))
        act = Act(left.pop(), chance.uniform(0.2, 1.5), chance.uniform(0.3, 2.0), felt)
        seconds -= act.wait + act.lasts
        found.append(act)
    return found


def carry_out(acts: Sequence[Act], installation: Installation, sinks: Sequence[HttpSink]) -> None:
    for act in acts:
        time.sleep(act.wait)
        installation.revive()
        feel(sinks, act.moods)
        installation.acts[act.name](act.lasts)
    feel(sinks, ["well"] * len(sinks))


def feel(sinks: Sequence[HttpSink], moods: Sequence[str]) -> None:
    for sink, mood in zip(sinks, moods, strict=True):
        sink.default = MOODS[mood]


class Diary:
    """When was what disturbed?"""

    def __init__(self) -> None:
        self.disturbances: list[Disturbance] = []

    @contextmanager
    def disturbed(self, ends_sender: bool) -> Iterator[None]:
        began = time.time()
        try:
            yield
        finally:
            self.disturbances.append(Disturbance(began, time.time(), ends_sender))
