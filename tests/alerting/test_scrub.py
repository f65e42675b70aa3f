"""Does every credential go, and does ordinary text stay?"""

import time

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
        f"userPassword = {SECRET}",
        f"csrftoken: {SECRET}",
        f'"ssn": {SECRET}',
        f"redis://:{SECRET}@cache",
        f"mysql --db-password {SECRET} shop",
        f'{{"password":"a\\"{SECRET}"}}',
        f'"{{\\"accessToken\\":\\"{SECRET}\\"}}"',
        f"https://discord.com/api/webhooks/123/{SECRET}",
        f"dsn is https://{SECRET}{SECRET}@sentry.test/1",
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
        "sk-" + "proj-a1B2c3D4e5F6g7H8i9J0",
        "glpat-" + "a1B2c3D4e5F6g7H8i9J0",
        "AIza" + "a1B2c3D" * 5,
        "sk_live_" + "a1b2c3d4e5f6",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "4111 1111 1111 1111",
        "3782 822463 10005",
        "password: hunter2",
    ],
)
def test_what_looks_like_a_credential_goes(text):
    assert text not in Scrubber().text(f"call failed with {text}")


@pytest.mark.parametrize(
    "text",
    [
        "token expired",
        "token: expired",
        "Unexpected token: ';'",
        "Unexpected token=EOF",
        "max_tokens=4096",
        "Basic authentication is required",
        "bearer credentials are missing",
        "author=bob and compass=north",
        "at 1795500000000000 µs",
        "KeyError: 'password'",
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


@pytest.mark.parametrize("text", ["password=x " * 5_000, '"token": "' * 6_000, "4111 " * 13_000, "a" * 65_536])
def test_a_long_stack_costs_little_and_twice_is_as_once(text):
    began = time.process_time()
    clean = Scrubber().text(text)
    assert time.process_time() - began < 0.5
    assert Scrubber().text(clean) == clean


def test_own_patterns_are_used_and_bad_ones_refused():
    assert Scrubber(patterns=[r"~ \bDE\d{4}\b"]).text("to DE1234 now") == f"to {SCRUBBED} now"
    with pytest.raises(ValueError, match="does not compile"):
        Scrubber(patterns=["("])
