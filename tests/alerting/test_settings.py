"""Are settings read as said, and is the world kept out until there is a password and a key?"""

import pytest

from alerting.settings import SettingsError, from_environment, parse_listen

OPEN = {"TOCSIN_LISTEN": "0.0.0.0:4318", "TOCSIN_ADMIN_PASSWORD": "long-enough", "TOCSIN_INGEST_KEY": "long-enough"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [(":80", ("127.0.0.1", 80)), ("0.0.0.0:1", ("0.0.0.0", 1)), ("[::1]:4318", ("::1", 4318)), ("host:5", ("host", 5))],
)
def test_listen_is_read(text, expected):
    assert parse_listen(text) == expected


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"TOCSIN_LISTEN": "nonsense"}, "HOST:PORT"),
        ({"TOCSIN_LISTEN": "1.2.3.4:70000"}, "HOST:PORT"),
        ({**OPEN, "TOCSIN_ADMIN_PASSWORD": ""}, "TOCSIN_ADMIN_PASSWORD"),
        ({**OPEN, "TOCSIN_INGEST_KEY": ""}, "TOCSIN_INGEST_KEY"),
        ({**OPEN, "TOCSIN_INGEST_KEY": "short"}, "at least 8"),
        ({"TOCSIN_CONFIG": "/nowhere/tocsin.yaml"}, "no configuration file"),
        ({"TOCSIN_ALLOW_PRIVATE": "10.0.0.0/99"}, "10.0.0.0/99"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused_with_a_remedy(environ, said):
    with pytest.raises(SettingsError, match=said):
        from_environment(environ)


def test_private_addresses_are_open_on_loopback_only():
    assert from_environment({}).allow_private is None
    assert from_environment(OPEN).allow_private == ()
    assert from_environment({**OPEN, "TOCSIN_ALLOW_PRIVATE": "10.0.0.0/8, fd00::/8"}).allow_private == (
        "10.0.0.0/8",
        "fd00::/8",
    )


def test_secrets_are_not_shown():
    settings = from_environment({**OPEN, "TOCSIN_NOTIFY": "slack://s3cret"})
    assert "long-enough" not in repr(settings)
    assert "s3cret" not in repr(settings)
