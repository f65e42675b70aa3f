"""Which messages were expected and which came? Each expectation is met by one message of its own, if that can be."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from alerting.rehearsal.model import Action, Expectation, offset
from alerting.rehearsal.reading import Prepared, Received
from alerting.rehearsal.stage import Said, Stage
from rules.instants import Duration, Instant
from rules.matchers import compile_match
from rules.suppression import alert_fields


@dataclass(slots=True, frozen=True)
class Line:
    """One line of the comparison: what was expected, what came, or both."""

    at: Duration
    expected: Expectation | None
    came: Said | None


@dataclass(slots=True)
class Outcome:
    """``wrong``: in words, what no line can show."""

    prepared: Prepared
    lines: list[Line]
    stage: Stage
    wrong: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.wrong and all(line.expected and line.came for line in self.lines)


def play(prepared: Prepared, stage: Stage) -> Outcome:
    """Everything that happens, in order of time; of one moment what came in first, then what people did."""
    start, test = prepared.test.start, prepared.test
    wrong: list[str] = []
    happens: list[tuple[Duration, Received | Action]] = [(each.after, each) for each in prepared.received]
    happens += [(each.at, each) for each in test.actions]
    for after, each in sorted(happens, key=lambda item: item[0]):
        if isinstance(each, Action):
            wrong.extend(_act(each, stage, start + after))
        else:
            stage.take([each.fact], start + after)
    stage.advance(start + prepared.end)
    return Outcome(prepared, compare(test.expect, stage.said, start), stage, wrong)


def _act(action: Action, stage: Stage, now: Instant) -> Iterator[str]:
    stage.advance(now)
    match = compile_match(action.match)
    found = [state for state in stage.open_alerts() if match.matches(alert_fields(state))]
    for state in found:
        stage.act(action.word, state, now)
    if not found:
        yield f"at +{offset(action.at)} there was no open alert to {action.word}"


def compare(expected: Sequence[Expectation], said: Sequence[Said], start: Instant) -> list[Line]:
    """In order of time; what was expected at no certain time and did not come stands last."""
    met = _matching(expected, said, start)
    lines = [Line(each.at - start, expected[met[i]] if i in met else None, each) for i, each in enumerate(said)]
    end = max([line.at for line in lines] + [each.at or 0 for each in expected], default=0)
    kept = set(met.values())
    lines += [Line(end if each.at is None else each.at, each, None) for i, each in enumerate(expected) if i not in kept]
    return sorted(lines, key=lambda line: line.at)


def _matching(expected: Sequence[Expectation], said: Sequence[Said], start: Instant) -> dict[int, int]:
    """message → expectation, as many as possible: one that fits two leaves to the other what only it can have."""
    owner: dict[int, int] = {}

    def place(wanted: int, tried: set[int]) -> bool:
        for i, each in enumerate(said):
            if i not in tried and fits(expected[wanted], each, start):
                tried.add(i)
                if i not in owner or place(owner[i], tried):
                    owner[i] = wanted
                    return True
        return False

    for wanted in range(len(expected)):
        place(wanted, set())
    return owner


def fits(expected: Expectation, said: Said, start: Instant) -> bool:
    return not list(differing(expected, said, start))


def differing(expected: Expectation, said: Said, start: Instant) -> Iterator[str]:
    """The names of the fields that are given and are not as they came."""
    came = {
        "at": said.at - start,
        "channel": said.message.channel,
        "reason": said.message.reason,
        "severity": said.message.severity,
        "alerts": len(said.message.about),
        "workflow": said.about.example.workflow,
        "since_last": said.message.since_last,
    }
    for name, value in came.items():
        wanted = getattr(expected, name)
        if wanted is not None and wanted != value:
            yield name
