"""What does a message say of a report? Kept beside it as plain data, so that who sends it needs no plotting."""

import msgspec

from notifiers.message import Passage


class Told(msgspec.Struct):
    title: str
    text: str
    passages: tuple[Passage, ...] = ()


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Told)


def encoded(told: Told) -> bytes:
    return _encoder.encode(told)


def decoded(body: bytes | None) -> Told:
    """Of a report that was forgotten it says so."""
    return Told("Failure trend", "This report is not kept any more.") if body is None else _decoder.decode(body)
