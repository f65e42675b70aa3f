"""What Debian's Alertmanager sends and what ours does: the table of docs/concepts/compared-with-alertmanager.md."""

import shutil
import sys

import pytest

from acceptance.side_by_side import PROGRAM, SCENARIOS, Sent, side_by_side, table

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(shutil.which(PROGRAM) is None, reason=f"no {PROGRAM} on the PATH"),
]
OURS = {
    "A": [(1, "foo first"), (6, "bar recovered")],
    "B": [(1, "foo recovered")],
    "C": [(2, "foo first"), (6, "foo resolved")],
    "D": [(1, "foo first"), (6, "foo resolved")],
    "E": [(4, "foo first"), (4, "bar first")],
    "F": [(1, "foo first"), (7, "foo reminder"), (13, "foo reminder")],
    "G": [(4.7, "foo first"), (11, "foo resolved")],  # 4.7: the third wait, by the chance of a fixed seed
    "G′": [(14.8, "foo recovered")],
}
THEIRS = {
    "A": [(1, "foo firing"), (6, "bar resolved"), (6, "foo firing")],
    "B": [],
    "C": [],
    "D": [(1, "foo firing")],
    "E": [(0, "foo firing"), (5, "bar firing"), (5, "foo firing")],
    "F": [(1, "foo firing"), (9, "foo firing"), (17, "foo firing")],
    "G": [(6, "foo firing"), (11, "foo resolved")],
    "G′": [],
}
# Seconds, on a machine that does other things too. When it tries again is chance, and a wait that ends just after one
# of its rounds is as long as the next.
WITHIN = {"G": 6}


@pytest.fixture(scope="module")
def found():
    both = side_by_side()
    sys.stdout.write(f"\n{table(both)}\n")
    return {scenario.letter: (them, us) for scenario, them, us in both}


@pytest.mark.parametrize("letter", [each.letter for each in SCENARIOS])
def test_ours_loses_nothing_where_theirs_loses_or_distorts_it(found, letter):
    them, us = found[letter]
    assert us == OURS[letter]
    assert _alike(them, THEIRS[letter], WITHIN.get(letter, 2)), them


def _alike(sent: Sent, expected: Sent, within: float) -> bool:
    """In real time. Those of one message come in no certain order."""
    sent, expected = (sorted(each, key=lambda line: (line[1], line[0])) for each in (sent, expected))
    if [what for _, what in sent] != [what for _, what in expected]:
        return False
    return all(abs(when - wanted) <= within for (when, _), (wanted, _) in zip(sent, expected, strict=True))
