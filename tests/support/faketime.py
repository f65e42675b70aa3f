"""A clock that a test sets, for processes that take it for the machine's."""

from pathlib import Path

import pytest

FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
READ_SECONDS = 1  # until every process has looked at it again


class FakeTime:
    """``environment`` for those processes; ``set`` says how far ahead they are from then on, such as "+1h". With
    ``at_once`` they look at each reading of the clock, which costs them."""

    def __init__(self, folder: Path, at_once: bool = False) -> None:
        if FAKETIME is None:
            pytest.skip("libfaketime is not installed")
        self._file = folder / "clock"
        self.set("+0")
        self.environment = {
            "LD_PRELOAD": str(FAKETIME),
            "DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            **({"FAKETIME_NO_CACHE": "1"} if at_once else {"FAKETIME_CACHE_DURATION": str(READ_SECONDS)}),
        }

    def set(self, ahead: str) -> None:
        """The file is there whole at any moment."""
        written = self._file.with_suffix(".new")
        written.write_text(ahead)
        written.replace(self._file)

    @staticmethod
    def forget(pid: int) -> None:
        """It leaves two files behind for a process that is killed."""
        for name in (f"faketime_shm_{pid}", f"sem.faketime_sem_{pid}"):
            (Path("/dev/shm") / name).unlink(missing_ok=True)
