"""How does a rule test read that did not come out as expected?"""

from collections.abc import Iterator

from alerting.rehearsal.comparing import Line, Outcome
from alerting.rehearsal.model import Expectation, offset
from alerting.rehearsal.stage import Said
from rules.instants import Instant

_MOST_REASONS = 3


def shown(outcome: Outcome) -> Iterator[str]:
    """One line for a test that passed; else what was expected (−) and what came (+), in order of time."""
    name = outcome.prepared.test.name
    if outcome.passed:
        yield f"ok    {name}"
        return
    yield f"FAIL  {name} (line {outcome.prepared.line})"
    yield from (f"      ! {each}" for each in outcome.wrong)
    troubles = dict.fromkeys(
        f"rule {each.rule} could not be evaluated: {each.error}" for _, each in outcome.stage.troubles
    )
    yield from (f"      ! {each}" for each in troubles)
    for line in outcome.lines:
        yield from _line(line, outcome)
    if not outcome.lines:
        yield "        nobody was told anything"


def _line(line: Line, outcome: Outcome) -> Iterator[str]:
    start = outcome.prepared.test.start
    if line.came is not None:
        mark = " " if line.expected is not None else "+"
        too_early = outcome.prepared.test.expect_none_until
        note = "  (unexpected)" if mark == "+" else ""
        if note and too_early is not None and line.at < too_early:
            note = f"  (nothing was to come until +{offset(too_early)})"
        yield f"      {mark} {_came(line.came, start)}{note}"
    elif line.expected is not None:
        yield f"      − {_expected(line.expected)}  (missing)"
        yield from (f"          {each}" for each in _why(line, outcome))


def _came(said: Said, start: Instant) -> str:
    message, workflow = said.message, said.about.example.workflow
    count = len(message.about)
    words = [f"+{offset(said.at - start)}", message.channel, message.reason.value, message.severity.value]
    words += [f"{count} alert{'s' if count != 1 else ''}", workflow, f"since_last {message.since_last}"]
    return "  ".join(word for word in words if word)


def _expected(expected: Expectation) -> str:
    words = ["at any time" if expected.at is None else f"+{offset(expected.at)}"]
    words += [str(getattr(expected, name)) for name in ("channel", "reason", "severity") if getattr(expected, name)]
    if expected.alerts is not None:
        words.append(f"{expected.alerts} alert{'s' if expected.alerts != 1 else ''}")
    if expected.workflow is not None:
        words.append(expected.workflow)
    if expected.since_last is not None:
        words.append(f"since_last {expected.since_last}")
    return "  ".join(words)


def _why(line: Line, outcome: Outcome) -> Iterator[str]:
    """The latest silences up to then, of that channel or of none; else what the rules came to last."""
    start, until = outcome.prepared.test.start, outcome.prepared.test.start + line.at
    channel = line.expected.channel if line.expected else None
    found: dict[str, None] = {}
    for at, silent in reversed([each for each in outcome.stage.unsaid if each[0] <= until]):
        if silent.channel in ("", channel) or channel is None:
            because = f": {silent.because}" if silent.because else ""
            place = f" on {silent.channel}" if silent.channel else ""
            found.setdefault(f"{silent.reason.value}{place} at +{offset(at - start)}{because} (rule {silent.rule})")
    if found:
        yield from (f"silent: {each}" for each in list(found)[:_MOST_REASONS])
        return
    judged = [(at, each) for at, each in outcome.stage.judged if at <= until]
    for at, each in judged[-1:]:
        evidence = "".join(f", {name} {value}" for name, value in each.evidence)
        yield f"rule {each.rule} at +{offset(at - start)}: {each.before} → {each.after}{evidence}"
    if not judged:
        yield "no rule looked at anything until then: compare match and when with the events"
