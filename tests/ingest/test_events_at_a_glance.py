"""What is taken at a glance must be what the worker can read: not one event of it may be dropped behind the door."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.ingest import events
from alerting.ingest.events_at_a_glance import plainly_right

_TEXTS = st.one_of(
    st.text(max_size=8), st.sampled_from(["failed", "Succeeded", "timed-out", "2026-11-23T08:00:00Z", ""])
)
_ANY = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), _TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(_TEXTS, inner, max_size=2)),
    max_leaves=4,
)
_ERRORS = st.dictionaries(st.sampled_from(["type", "message", "stack", "code"]), _ANY, max_size=3)
_TIMES = st.sampled_from(["2026-11-23T08:00:00Z", "2026-11-23 08:00", "yesterday", "0001-01-01T00:00:00+14:00", 5])
_MEMBERS = {
    "run_id": _ANY, "engine": _ANY, "trace_id": _ANY, "step": _ANY, "environment": _ANY, "version": _ANY, "url": _ANY,
    "parent_run_id": _ANY, "id": _ANY, "attempt": _ANY, "max_attempts": _ANY, "notify": _ANY, "labels": _ANY,
    "silent_after": _ANY, "webhook": _ANY, "other": _ANY,
    "severity": st.sampled_from(["high", "High", "", "dire", None]),
    "occurred_at": _TIMES, "started_at": _TIMES, "ended_at": _TIMES, "error": st.one_of(_ERRORS, _ANY),
}  # fmt: skip
_EVENTS = st.fixed_dictionaries({"workflow": st.one_of(st.just("pay"), _ANY), "outcome": _TEXTS}, optional=_MEMBERS)


@given(st.one_of(_EVENTS, st.lists(st.one_of(_EVENTS, _ANY), max_size=3), _ANY))
def test_what_is_plainly_right_is_read(told):
    body = json.dumps(told).encode()
    found = plainly_right(body)
    if found:
        read = told if isinstance(told, list) else [told]
        assert found == len(read)
        for event in json.loads(body) if isinstance(told, list) else [json.loads(body)]:
            events.read(event)


@pytest.mark.parametrize("more", [
    {}, {"error": {"type": "E", "message": "m", "stack": "s"}}, {"error": "it broke"},
    {"labels": {"n": 1}, "shard": [7]},
    {"occurred_at": "2026-11-23T08:00:00+01:00", "attempt": 2, "severity": "high", "notify": False},
])  # fmt: skip
def test_what_senders_usually_send_is(more):
    event = {"workflow": "pay", "run_id": "r", "outcome": "failed", **more}
    assert plainly_right(json.dumps(event).encode()) == 1
    assert plainly_right(json.dumps([event] * 3).encode()) == 3


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"workflow": "", "outcome": "failed"}', b"[" * 100_000])
def test_anything_else_is_looked_at_more_closely(body):
    assert plainly_right(body) == 0
