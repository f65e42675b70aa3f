"""Does each example of the pages about rules and policies do what the page says?"""

from pathlib import Path

import pytest

from rules.condition_config import KINDS
from support.pages import played, stories

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"
STORIES = [(name, *each) for name in ("rules.md", "policies.md") for each in stories((REFERENCE / name).read_text())]


@pytest.mark.parametrize(("page", "config", "story"), STORIES)
def test_what_is_said_happens_and_nothing_else(page, config, story):
    wanted, told = played(config, story)
    words = [each.split() for each in wanted]
    shown = [" ".join(said.split()[: len(word)]) for said, word in zip(told.said, words, strict=False)]
    assert (shown, len(told.said)) == (wanted, len(wanted)), told.said


def test_every_condition_has_an_example():
    configs = [config for page, config, _ in STORIES if page == "rules.md"]
    for kind in KINDS:
        assert any(f"{kind}:" in config for config in configs), kind
