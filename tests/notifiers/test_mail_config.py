"""Is what is wrong in a mail channel's configuration named, and no secret with it?"""

import pytest
from pydantic import ValidationError

from notifiers.registry import parse_channel


@pytest.mark.parametrize(
    ("part", "wrong", "place", "said"),
    [
        ("smtp", "http://u:hunter22@h", ("smtp",), "scheme"),
        ("smtp", "smtp://:hunter22@h", ("smtp",), "user"),
        ("smtp", "smtp://u:hunter22@", ("smtp",), "host"),
        ("smtp", "smtp://[::1", ("smtp",), "host"),
        ("smtp", "smtp://a b:25", ("smtp",), "host"),
        ("smtp", "smtp://h:25/hunter22", ("smtp",), "host"),
        ("smtp", "smtp://u:hunter22@h:0", ("smtp",), "port"),
        ("smtp", "smtp://u:hunter22@h:65536", ("smtp",), "port"),
        ("smtp", "smtp://u:hun/ter22@h:25", ("smtp",), "port"),
        ("from", "nobody", ("from",), "'nobody'"),
        ("to", ["a@example.com", "b c"], ("to", 1), "'b c'"),
        ("to", "b c", ("to", 0), "'b c'"),
        ("to", [], ("to",), "at least one"),
    ],
)
def test_what_is_wrong_in_the_configuration_is_named_and_no_secret(part, wrong, place, said):
    config = {"type": "email", "smtp": "smtp://h", "from": "t@example.com", "to": ["a@example.com"], part: wrong}
    with pytest.raises(ValidationError) as refused:
        parse_channel(config)
    [error] = refused.value.errors(include_url=False, include_context=False)
    assert error["loc"] == place
    assert error["msg"].removeprefix("Value error, ").startswith(said) or said in error["msg"]
    assert "hunter" not in error["msg"]
    assert "ter22" not in str(refused.value)
