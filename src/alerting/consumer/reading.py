"""What does the process do that reads bodies for a worker? One answer for each question, until the pipe closes.

Started by ``alerting.consumer.ahead`` as ``python -m alerting.consumer.reading DESCRIPTOR``.
"""

import signal
import sys
from functools import lru_cache
from multiprocessing.connection import Connection

import msgspec
from msgspec.structs import replace

from alerting.consumer.decoding import Decoded, decode, prints_of
from alerting.garbage import settle_down, undisturbed
from alerting.inbox.port import InboxRow
from alerting.scrub import Scrubber


class Asked(msgspec.Struct, frozen=True):
    """Rows of telemetry, and what is to be scrubbed beyond the usual."""

    keys: tuple[str, ...]
    patterns: tuple[str, ...]
    rows: tuple[InboxRow, ...]


READY = b"ready"
asked_to, asked_of = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(Asked)
told_to, told_of = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(list[Decoded])
_scrubber = lru_cache(maxsize=1)(Scrubber)


def answer(question: bytes) -> bytes:
    """What the rows say, in their order, without their bodies, which whoever asks has."""
    asked = asked_of.decode(question)
    scrubber = _scrubber(asked.keys, asked.patterns)
    decoded = [decode(row, scrubber) for row in asked.rows]
    for each in decoded:
        each.row = replace(each.row, entry=replace(each.row.entry, body=b""))
        each.prints = prints_of(each.facts)
    return told_to.encode(decoded)


def main(descriptor: int) -> None:
    """The worker ends by itself, and this with it: signals to the whole group are for the worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    settle_down()
    with Connection(descriptor) as worker:
        try:
            worker.send_bytes(READY)
            while True:
                question = worker.recv_bytes()
                with undisturbed():
                    worker.send_bytes(answer(question))
        except (EOFError, OSError):
            return


if __name__ == "__main__":
    main(int(sys.argv[1]))
