"""JSON as senders really write it: halves of surrogate pairs, and null for "not set"."""

import re
from typing import Any, TypeVar

import msgspec

from alerting.ingest.encoding import BadBody

T = TypeVar("T")
MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
# A whole pair is stepped over, as is every other escape; a half that is left is caught.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)


def read(body: bytes, hint: str) -> Any:
    """Any JSON. Raises BadBody, which says what is wrong, where, and ``hint``."""
    return _read(msgspec.json.Decoder(), body, hint)


def read_as(decoder: "msgspec.json.Decoder[T]", body: bytes, hint: str) -> T:
    """JSON of the decoder's type. A null member counts as one not given (protobuf's JSON mapping). Raises BadBody."""
    try:
        return decoder.decode(body)
    except MALFORMED:
        pass  # seldom: read again, slower and more kindly
    try:
        told = _without_nulls(read(body, hint))
        return msgspec.convert(told, decoder.type, strict=decoder.strict)
    except (msgspec.ValidationError, RecursionError) as error:
        raise BadBody(f"the body is not what it should be: {error}; {hint}") from None


def _read(decoder: "msgspec.json.Decoder[Any]", body: bytes, hint: str) -> Any:
    try:
        return decoder.decode(body)
    except MALFORMED:
        pass
    try:
        return decoder.decode(_ESCAPE.sub(_mended, body))
    except MALFORMED as error:
        raise BadBody(f"the body is not JSON: {error}; {hint}") from None


def _mended(found: re.Match[bytes]) -> bytes:
    return rb"\ufffd" if found[1] else found[0]


def _without_nulls(told: Any) -> Any:
    if isinstance(told, dict):
        return {name: _without_nulls(value) for name, value in told.items() if value is not None}
    if isinstance(told, list):
        return [_without_nulls(value) for value in told]
    return told
