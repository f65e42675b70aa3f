"""What must be so for every kind of condition? Its memory can be stored, and what it says of the future is so."""

import msgspec
import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from rules.instants import MINUTE
from rules.memory import Memory
from support.seeing import START, condition, ends

EASY = {"min_runs": 1, "min_failures": 1}
WRITTEN = [
    "each",
    {"count": 2, "within": "10m"},
    {"rate": 0.5, "within": "10m", **EASY},
    {"rate": 0.5, "within": "10m", **EASY, "confidence": 0.8},
    {"consecutive": 2},
    {"new": "error_group"},
    {"regressed": True},
    {"spike": {"within": "5m"}},
    {"missed": {"cron": "*/20 * * * *", "grace": "5m"}},
    {"missed": {"interval": "5m", "grace": "1m"}},
    {"running_longer": "5m"},
    {"running_longer": {"factor": 2}},
    {"stuck": {"quiet": "5m", "attempts": 3}},
    {"burn_rate": {"slo": 0.9, "min_events": 2}},
    {"all": [{"count": 2, "within": "10m"}, {"consecutive": 2}], "within": "5m"},
    {"all": [{"rate": 0.5, "within": "10m", **EASY}, {"consecutive": 2}], "within": "5m"},
    {"any": [{"rate": 0.5, "within": "10m", **EASY}, {"stuck": "5m"}]},
    {"any": ["each", {"all": [{"missed": {"interval": "5m"}}, {"consecutive": 1}], "within": "10m"}]},
]


@pytest.mark.parametrize("written", WRITTEN, ids=str)
@settings(max_examples=40)
@given(things=ends(kinds="fffsseooo"))
def test_memory_is_stored_and_promises_are_kept(written, things):
    subject, memory, now = condition(written), Memory(), START
    for thing in things:
        now = max(now, thing.at)
        if thing.kind not in subject.wants:
            continue
        before = memory
        answer = subject.observe(before, thing, now)
        assert subject.observe(before, thing, now) == answer
        memory = answer.memory
        assert msgspec.json.decode(msgspec.json.encode(memory), type=Memory) == memory
        assert answer.holds or (not answer.times and answer.until is None and not answer.evidence)
        assert list(answer.times) == sorted(answer.times)
        kept(subject, answer, now)


def kept(subject, answer, now):
    """It holds until ``until``, and not then; it does not hold before ``wake``."""
    if answer.holds and answer.until is not None and answer.until > now:
        assert subject.look(answer.memory, answer.until - 1).holds
        assert not subject.look(answer.memory, answer.until).holds
    if subject.ends_with_it and not answer.holds and answer.wake is not None and answer.wake > now:
        assert not subject.look(answer.memory, answer.wake - 1).holds
    if subject.ends_with_it and answer.holds and answer.until is None:
        assert subject.look(answer.memory, now).holds


@pytest.mark.parametrize("written", WRITTEN, ids=str)
def test_a_year_of_silence_costs_nothing(written):
    subject = condition(written)
    answer = subject.look(Memory(), START)
    for _ in range(3):
        answer = subject.look(answer.memory, answer.wake or START + 365 * 24 * 60 * MINUTE)
    assert replace(answer.memory, numbers=(), parts=()) == Memory()
