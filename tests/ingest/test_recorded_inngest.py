"""Do recorded Inngest events come out as the truth beside them says?"""

import json

import pytest

from rules.instants import parse_instant
from rules.vocabulary import Outcome
from support.corpus import ROOT, Body, needs_corpus
from support.folding import fold

pytestmark = needs_corpus
OUTCOMES = {"failed": Outcome.FAILED, "cancelled": Outcome.CANCELLED, "completed": Outcome.SUCCEEDED}


def cases():
    if not ROOT.exists():
        return []
    told = json.loads((ROOT / "expected.json").read_text())
    return [(name, truth) for name, truth in told.items() if name.startswith(("inngest/events/", "inngest/seed"))]


@pytest.mark.parametrize(("name", "truth"), cases(), ids=lambda value: value if isinstance(value, str) else "")
def test_one_event_is_one_run(name, truth):
    body = (ROOT / name).read_bytes()
    runs = list(fold([Body(name, "/ingest/inngest", "application/json", "", body)]).values())
    if truth.get("status") not in OUTCOMES:
        assert runs == []
        return
    [run] = runs
    assert (run.engine, run.workflow, run.run_id) == ("inngest", truth["workflow"], truth["run_id"])
    assert run.outcome is OUTCOMES[truth["status"]]
    notes = truth.get("_notes", {})
    if truth["error_type"] and notes.get("error_type_in_payload", True):
        assert run.error.type == truth["error_type"]
    if truth["error_message"]:
        assert run.error.message.startswith(truth["error_message"][:2_000].replace("\x00", "\ufffd"))
    if truth.get("occurred_at") and notes.get("occurred_at_in_payload", True):
        assert run.ended_at == parse_instant(truth["occurred_at"])
