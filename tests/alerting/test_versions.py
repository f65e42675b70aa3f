"""Is one version later than another? And is nothing said where nothing can be known?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.consumer.versions import order

SHA = "f95f852bd8fca8fcc58a9a2d6c842781e32a215e"
RISING = [
    ("1.9.0", "1.10.0"),
    ("1.9", "1.9.1"),
    ("v1.9.9", "2.0"),
    ("1.2.0-rc.1", "1.2.0"),
    ("1.2.0-alpha.9", "1.2.0-beta"),
    ("1.2.0-rc9", "1.2.0-rc10"),
    ("1.2.0rc1", "1.2.0"),
    ("1.2.0.dev3", "1.2.0a1"),
    ("1.2.0", "1.2.0-3-gab12cd3"),
    ("1.2.0-3-gab12cd3", "1.2.0-12-gff12cd3"),
    ("1.2.0-SNAPSHOT", "1.2.0"),
    ("build-9", "build-10"),
    ("release-1.2", "release-1.2.1"),
    ("2026-06-01", "2026-11-23"),
    ("20260601", "20261123"),
    ("1.2.0-hotfix", "1.2.1"),
    ("2026.11.23-1", "2026.11.23-2"),
]


@pytest.mark.parametrize(("earlier", "later"), RISING)
def test_an_earlier_version_comes_before_a_later_one(earlier, later):
    assert (order(earlier, later), order(later, earlier)) == (-1, 1)


@pytest.mark.parametrize(
    ("one", "other"),
    [("1.2", "1.2.0"), ("v1.2.0", "1.2"), ("1.2.0+arm", "1.2.0+x86"), (SHA, SHA[:8]), (SHA[:7], SHA.upper())],
)
def test_the_same_version_written_otherwise(one, other):
    assert (order(one, other), order(other, one)) == (0, 0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (SHA, "a1b2c3d"),
        (SHA, "1.2.0"),
        ("main-ab12cd3", "main-9f00aa1"),
        ("main-1a2b3c4", "main-9f00aa1"),
        ("blue", "green"),
        ("web-1.2", "worker-1.3"),
        ("1.2.0-hotfix", "1.2.0"),
        ("1.2.0-2", "1.2.0"),
    ],
)
def test_where_nothing_can_be_known_nothing_is_said(one, other):
    assert order(one, other) is order(other, one) is None


@given(st.text(max_size=12), st.text(max_size=12))
def test_any_text_has_an_answer_and_the_opposite_the_other_way_round(one, other):
    found, back = order(one, other), order(other, one)
    assert found == (None if back is None else -back)
    assert order(one, one) == 0


@given(st.lists(st.integers(0, 30), min_size=1, max_size=4), st.lists(st.integers(0, 30), min_size=1, max_size=4))
def test_numbers_are_compared_as_numbers(one, other):
    width = max(len(one), len(other))
    a, b = ([*numbers, *[0] * (width - len(numbers))] for numbers in (one, other))
    assert order(".".join(map(str, one)), ".".join(map(str, other))) == (a > b) - (a < b)
