"""Does every credential go, and does ordinary text stay?"""

import pytest

from alerting.scrub import SCRUBBED, Scrubber

SECRET = "s3cr3tV4lue99"


@pytest.mark.parametrize(
    "text",
    [
        f"password={SECRET}",
        f'{{"api_key": "{SECRET}"}}',
        f"db_password: {SECRET}",
        f"Authorization: Bearer {SECRET}",
        f"postgresql://admin:{SECRET}@db:5432/shop",
        f"X-Api-Key={SECRET} sent",
        f"Cookie='{SECRET}'",
        f"stripe_secret = '{SECRET}'",
        f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_a_secret_in_text_goes(text):
    clean = Scrubber().text(f"before {text} after")
    assert SECRET not in clean
    assert SCRUBBED in clean
    assert clean.startswith("before ")


@pytest.mark.parametrize(
    "text",
    [
        "AKIA" + "ABCDEFGHIJKLMNOP",
        "ghp_" + "a1B2" * 9,
        "xoxb-" + "12345678-abcdefgh",
        "sk_live_" + "a1b2c3d4e5f6",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "4111 1111 1111 1111",
    ],
)
def test_what_looks_like_a_credential_goes(text):
    assert text not in Scrubber().text(f"call failed with {text}")


@pytest.mark.parametrize(
    "text",
    [
        "token expired",
        "key error 'column_5'",
        "authentication failed for user bob",
        "status=500 after 3 attempts",
        "card declined for order 2000",
        "session closed: timeout",
        "GET https://api.example.com/v1/keys?page=2 returned 404",
        "order 1234 5678 9012 3456 not found",
        "",
    ],
)
def test_ordinary_text_stays(text):
    assert Scrubber().text(text) == text


def test_values_of_telling_names_go_and_others_stay():
    found = Scrubber(keys=["iban"]).mapping({"db.password": "x", "IBAN": "DE1", "queue": "q", "note": "token=abc"})
    assert found == {"db.password": SCRUBBED, "IBAN": SCRUBBED, "queue": "q", "note": f"token={SCRUBBED}"}


def test_own_patterns_are_used_and_bad_ones_refused():
    assert Scrubber(patterns=[r"~ \bDE\d{4}\b"]).text("to DE1234 now") == f"to {SCRUBBED} now"
    with pytest.raises(ValueError, match="does not compile"):
        Scrubber(patterns=["("])
