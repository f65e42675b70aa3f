"""A page's examples: a tocsin.yaml and what happens then, as people read it; played through the rules.

A line of a ``story`` is ``TIME WHAT…``. Times are counted from the start, such as ``10m``; what happens is

    pay failed Timeout [new|regressed|attempt]     a run of pay failed (timed_out, crashed) with this type of error
    pay succeeded [after 40m] [run r1]             one that began just before, or 40m before
    pay running r1                                 a sign of life of the open run r1
    20 runs of pay succeeded                       all at once
    ann acknowledges pay, ann resolves pay         somebody acts on the workflow's alert
    nothing more                                   time passes

and ``→ REASON [CHANNEL]`` at the end of a line, or alone under it with a time, are the messages that go out. Whatever
follows a dash is for the reader.
"""

import itertools
import re
from dataclasses import dataclass, field

from alerting.configuration import load
from rules.decisions import Notify, Silent
from rules.engine import armed
from rules.fingerprint import fingerprint
from rules.inputs import Acted, Failed, Finished, Heard
from rules.instants import SECOND, format_duration, parse_duration, parse_instant
from rules.model import ErrorInfo, Run
from rules.player import Playback
from rules.state import Slice
from rules.vocabulary import BAD, Outcome

START = parse_instant("2026-11-23T00:00:00Z")  # a Monday
_RUN = re.compile(r"(?:(\d+) runs of )?(\S+) (\w+)((?: \S+)*)")


@dataclass
class Told:
    config: str
    playback: Playback = field(init=False)
    said: list[str] = field(default_factory=list)
    unsaid: list[str] = field(default_factory=list)
    runs: int = 0

    def __post_init__(self):
        self.ruleset = load(self.config).ruleset()
        self.playback = Playback(self.ruleset, Slice(), self._hear)
        for each in armed(self.ruleset):
            self.playback.take(each, START)

    def _hear(self, now, _item, result):
        for decision in result.decisions:
            if isinstance(decision, Notify):
                severity = decision.severity.value
                self.said.append(f"{clock(now)} {decision.reason.value} {decision.channel} {severity}")
            elif isinstance(decision, Silent):
                self.unsaid.append(f"{clock(now)} {decision.reason.value}")

    def happens(self, at, what):
        now = START + (parse_duration(at) if at != "0" else 0)
        self.playback.advance(now)
        if what == "nothing more":
            return
        if found := re.fullmatch(r"(\w+) (acknowledges|resolves) (\S+)", what):
            self._act(now, *found.groups())
            return
        count, workflow, word, more = _RUN.fullmatch(what).groups()
        for _ in range(int(count or 1)):
            self._run(now, workflow, word, more.split())
        self.playback.advance(now)

    def _run(self, now, workflow, word, more):
        self.runs += 1
        if word == "running":
            run = Run(more[0], "event", workflow, more[0], Outcome.RUNNING, now)
            self.playback.take(Heard(run, now), now)
        elif Outcome(word) in BAD:
            self._fail(now, workflow, Outcome(word), more)
        else:
            name = more[more.index("run") + 1] if "run" in more else f"r{self.runs}"
            took = parse_duration(more[more.index("after") + 1]) if "after" in more else SECOND
            run = Run(name, "event", workflow, name, Outcome(word), now - took, now)
            self.playback.take(Finished(run, now - took, now), now)

    def _fail(self, now, workflow, outcome, more):
        kind = more[0] if more else "Boom"
        novelty = next((word for word in more if word in ("new", "regressed")), "")
        name, error, attempt = f"r{self.runs}", ErrorInfo(kind, "it broke"), int("attempt" in more)
        labels = dict(word.split("=") for word in more if "=" in word and "environment" not in word)
        environment = next((word.partition("=")[2] for word in more if word.startswith("environment=")), "")
        run = Run(
            name, "event", workflow, name, outcome, now - SECOND, now, error=error, environment=environment,
            labels=labels,
        )  # fmt: skip
        severity, print_ = self.ruleset.severity_of(run), fingerprint(workflow, "", error)
        self.playback.take(Failed(run, print_, severity, f"o{name}", now, novelty=novelty, attempt=attempt), now)

    def _act(self, now, by, what, workflow):
        action = {"acknowledges": "acknowledge", "resolves": "resolve"}[what]
        for state in self.playback.states.all():
            if state.open and state.example.workflow == workflow:
                self.playback.take(Acted(action, state.key, by), now)


def clock(now):
    return format_duration(now - START).replace(" ", "") if now > START else "0"


def stories(text):
    """(configuration, story) of each story: it follows its configuration, with nothing but text between."""
    blocks = re.findall(r"^```(\w+)\n(.*?)^```", text, re.S | re.M)
    return [(before[1], story[1]) for before, story in itertools.pairwise(blocks) if story[0] == "story"]


def played(config, story):
    """(what the story says, what is said) as ``TIME REASON [CHANNEL [SEVERITY]]``."""
    told, wanted, at = Told(config), [], "0"
    for line in story.splitlines():
        written = line.partition("—")[0].strip()
        if not written:
            continue
        happening, _, message = written.partition("→")
        time, _, what = " ".join(happening.split()).partition(" ")
        at = time or at
        if what or not message:
            told.happens(at, what or "nothing more")
        elif time:
            told.happens(at, "nothing more")
        if message:
            wanted.append(f"{at} {message.strip()}")
    return wanted, told
