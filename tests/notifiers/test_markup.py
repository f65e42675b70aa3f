"""Is nothing cut in two, and does every link end where its address does?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.markup import fitted, joined, size, web_address
from notifiers.slack_form import escaped


@given(st.text(alphabet="ab&<😀 ", max_size=60), st.integers(1, 40))
def test_what_is_fitted_fits_and_holds_only_whole_escapes(text, most):
    found = fitted(text, most, escaped)
    assert size(found) <= max(most, len("&amp;"))
    assert "&" not in found.replace("&amp;", "").replace("&lt;", "")


def test_what_fits_is_not_cut():
    assert fitted("a&b", 7, escaped) == "a&amp;b"
    assert fitted("a&b", 6, escaped) == "a…"


@pytest.mark.parametrize(
    ("lines", "most", "found"),
    [
        (["aa", "bb"], 5, "aa\nbb"),
        (["aa", "bb"], 4, "aa"),
        (["aaaaa", "bb"], 4, "bb"),
        (["😀", "😀"], 4, "😀"),
        ([], 4, ""),
    ],
)
def test_lines_are_joined_whole(lines, most, found):
    assert joined(lines, most) == found


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://x/a?b=c&d=%20#e", "https://x/a?b=c&d=%20#e"),
        ("HTTP://x/", "HTTP://x/"),
        ("https://x/a b|c>d)e]", "https://x/a%20b%7Cc%3Ed%29e%5D"),
        ("https://x/\u202e\ud800", "https://x/%E2%80%AE%3F"),
        ("javascript:alert(1)//https://x", ""),
        ("https:///x", ""),
        ("https://x/" + "a" * 91, ""),
        ("https://x/" + ")" * 40, ""),
    ],
)
def test_only_an_address_of_the_web_is_one(url, found):
    assert web_address(url, 100) == found
