"""Is one thing always the same thing, and are two things never one?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.identity import alert_key, dedup_key, digest, occurrence_id, run_key

PARTS = st.lists(st.text(max_size=5), max_size=4)


@given(PARTS, PARTS)
def test_parts_are_told_apart_wherever_they_are_cut(one, other):
    assert (digest(*one) == digest(*other)) == (one == other or _encoded(one) == _encoded(other))


def _encoded(parts):
    """Half a surrogate pair is no character: all of them are written alike."""
    return [part.encode("utf-8", "replace") for part in parts]


@pytest.mark.parametrize(
    ("made", "known"),
    [
        (digest("a", "b"), "facdde7abf1eac5b301273ab2e282f79"),
        (run_key("dbos", "pay", "r1"), "4a77bdf30789a0a8e62ce2df362db9c7"),
        (alert_key("rule", ("pay", "g")), "4ae68397d9f3dbeaf8530f86e200223f"),
        (dedup_key("rule", "key", "occurrence"), "tocsin:f0a1456b8ba77215337354d8f4b7a36106c6e723"),
    ],
)
def test_what_is_stored_today_is_found_by_tomorrows_version(made, known):
    assert made == known


def test_the_sources_own_id_decides_and_else_everything_that_is_known():
    same = [occurrence_id("id", "events", run, "s", 1, "failed") for run in ("r1", "r2")]
    assert same[0] == same[1]
    own = {
        occurrence_id("", "events", run, step, attempt, outcome)
        for run in ("r1", "r2")
        for step in ("", "s")
        for attempt in (0, 1)
        for outcome in ("failed", "crashed")
    }
    assert len(own) == 16


def test_a_dedup_key_fits_what_paging_services_take():
    key = dedup_key("r" * 500, "k", "o")
    assert key.startswith("tocsin:")
    assert len(key) == len("tocsin:") + 40
