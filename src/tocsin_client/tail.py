"""What did a command write last? Its last lines, kept in little memory however much it writes."""

from __future__ import annotations

import re
import threading
from collections import deque

MOST_LINES = 200
MOST_CHARACTERS = 64 * 1024
_LONGEST_LINE = 4096
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07")


class Lines:
    """The last lines of one stream, each with its number among those of all streams."""

    def __init__(self) -> None:
        self.ended: deque[tuple[int, bytes]] = deque(maxlen=MOST_LINES)
        self._open, self._open_since = b"", 0

    def feed(self, data: bytes, number: int) -> None:
        *whole, last = data.rsplit(b"\n", MOST_LINES + 1)
        if whole:
            whole[0] = self._open + whole[0] if len(whole) <= MOST_LINES else b""
            self.ended.extend((number, _shown(line)) for line in whole)
            self._open = b""
        self._open_since = self._open_since if self._open else number
        self._open = _shown(self._open + last)

    def all(self) -> list[tuple[int, bytes]]:
        return [*self.ended, *([(self._open_since, self._open)] if self._open.strip(b"\r") else [])]


class Tail:
    """What both streams told, in the order in which it came. Fed by one thread for each."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._streams = {1: Lines(), 2: Lines()}
        self._number = 0

    def feed(self, stream: int, data: bytes) -> None:
        with self._lock:
            self._number += 1
            self._streams[stream].feed(data, self._number)

    def lines(self, stream: int) -> list[str]:
        with self._lock:
            return [_text(line) for _, line in self._streams[stream].all()]

    def text(self) -> str:
        """Of each stream half of the lines, more where the other has fewer: what a program prints when it ends often
        comes behind what it complained of before."""
        with self._lock:
            told, complained = self._streams[1].all(), self._streams[2].all()
        half = MOST_LINES // 2
        of_told = max(half, MOST_LINES - len(complained))
        of_complained = max(half, MOST_LINES - len(told))
        lines = sorted([*told[-of_told:], *complained[-of_complained:]], key=lambda line: line[0])
        return "\n".join(_text(line) for _, line in lines)[-MOST_CHARACTERS:]


def lines_of(text: str) -> list[str]:
    """The same of a text that is there already."""
    return [_COLOURS.sub("", line.rstrip()) for line in text.splitlines()[-MOST_LINES:]]


def _shown(line: bytes) -> bytes:
    """What a terminal would show of it: a progress bar overwrites itself."""
    ended = line[:-1] if line.endswith(b"\r") else line
    if b"\r" in ended:
        line = ended.rsplit(b"\r", 1)[1] + line[len(ended) :]  # what comes next still overwrites it
    return line[:_LONGEST_LINE]


def _text(line: bytes) -> str:
    return _COLOURS.sub("", line.decode("utf-8", "replace").rstrip("\r")).replace("\x00", "\ufffd")
