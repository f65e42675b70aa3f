"""Does a message lose this time's data and keep what the fault is?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.normalise import normalise


@pytest.mark.parametrize(
    ("message", "normal"),
    [
        ("order 4711 took 3.5s, 12,000 rows", "order <n> took <n>s, <n> rows"),
        ("run 0b6f3a52-0b7e-4d53-9d27-0b1f6b0c1a2b lost", "run <id> lost"),
        ("event 01ARZ3NDEKTSV4RRFFQ69G5FAV", "event <id>"),
        ("commit 9fceb02d0ae598e9 is bad", "commit <hex> is bad"),
        ("at 0x7f00ab", "at <hex>"),
        ("since 2026-11-23T08:00:00.123Z", "since <time>"),
        ("since 2026-11-23 08:00:00+01:00 or 09:15:00", "since <time> or <time>"),
        ("host 10.0.0.1:5432 refused", "host <ip> refused"),
        ("host 2001:db8::1:2:3 refused", "host <ip> refused"),
        ("no user bob.smith+x@example.com", "no user <email>"),
        ("GET https://api.test/v1/u/17?x=1 failed", "GET <url> failed"),
        ("cannot open /var/lib/app/17.json", "cannot open <path>"),
        (r"cannot open C:\data\x.csv", "cannot open <path>"),
        ("no column 'total' in \"orders\" or `o`", "no column <text> in <text> or <text>"),
        ("it didn't and couldn't", "it didn't and couldn't"),
        ("two\n  lines\t here ", "two lines here"),
        ("nothing to replace", "nothing to replace"),
        ("", ""),
    ],
)
def test_data_becomes_placeholders(message, normal):
    assert normalise(message) == normal


@pytest.mark.parametrize(
    "message",
    [
        "status 404",
        "Status: 503",
        "statusCode=500",
        "status code: 429",
        "HTTP 502 Bad Gateway",
        "returned 401",
        "error 500",
        "exit code 137",
    ],
)
def test_status_codes_stay(message):
    assert normalise(message) == message


@pytest.mark.parametrize("message", ["status 7", "status 600", "code 12345", "after 404 rows", "port 8080"])
def test_other_numbers_go(message):
    assert "<n>" in normalise(message)


@given(st.text(), st.integers(0, 10**12), st.integers(0, 10**12))
def test_no_number_makes_a_group_of_its_own(before, one, other):
    assert normalise(f"{before} took {one} ms") == normalise(f"{before} took {other} ms")


def test_only_the_beginning_of_a_long_message_is_read():
    assert normalise("x" * 5_000 + "a") == normalise("x" * 5_000 + "b")
