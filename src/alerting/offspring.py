"""How does a receiver have a worker beside it? The first is forked before the receiver has a thread: what both import
lies in memory once, and the worker is ready at once. One that died is followed by a program of its own: by then the
receiver has threads, and is not to be forked any more.

Either ends by itself when the receiver is gone: the pipe between them closes.
"""

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Protocol

from alerting.backend import UNUSABLE
from alerting.garbage import settle_down
from alerting.settings import Settings

_GO = b"g"
_PATIENCE_SECONDS = 10
_PAUSE_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
_WELL_AFTER_SECONDS = 60
_AFTER_THE_RECEIVER = 5  # steps of niceness: where there is too little processor for both, taking in goes first


class Pauses:
    """How long to wait before a worker is followed by another? Longer each time, until one has lived for a minute."""

    def __init__(self) -> None:
        self._ended = 0

    def after(self, lived_seconds: float) -> float:
        if lived_seconds >= _WELL_AFTER_SECONDS:
            self._ended = 0
        pause = _PAUSE_SECONDS[min(self._ended, len(_PAUSE_SECONDS) - 1)]
        self._ended += 1
        return pause


class Worker(Protocol):
    def poll(self) -> int | None:
        """The code that it ended with; None while it lives."""

    def stop(self) -> None:
        """Ask it to end, and wait for it."""

    def close(self) -> None:
        """Let go of what is left of it."""


class Firstborn:
    """Opens nothing until ``go``."""

    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        reading, self._writing = os.pipe()
        settle_down()
        arguments = (settings, environ, reading, self._writing)
        self._process = multiprocessing.get_context("fork").Process(target=_live, args=arguments, name="worker")
        self._process.start()
        os.close(reading)

    def go(self) -> None:
        os.write(self._writing, _GO)

    def poll(self) -> int | None:
        return self._process.exitcode

    def stop(self) -> None:
        self._process.terminate()
        self._process.join(_PATIENCE_SECONDS)

    def close(self) -> None:
        """One that does not end by itself is ended: whatever it was at, it begins there the next time."""
        os.close(self._writing)
        self._process.join(_PATIENCE_SECONDS)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()


class Later:
    """A program of its own. Raises OSError where the machine has no room for it."""

    def __init__(self, settings: Settings) -> None:
        reading, self._writing = os.pipe()
        try:
            self._process = subprocess.Popen(_command(settings, reading), pass_fds=[reading])
        except OSError:
            os.close(self._writing)
            raise
        finally:
            os.close(reading)

    def poll(self) -> int | None:
        return self._process.poll()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(_PATIENCE_SECONDS)

    def close(self) -> None:
        os.close(self._writing)


def _live(settings: Settings, environ: Mapping[str, str], parent: int, writing: int) -> None:
    from alerting.worker import run

    os.close(writing)
    try:
        if os.read(parent, 1) == _GO:
            os.nice(_AFTER_THE_RECEIVER)
            run(settings, environ, parent)
    except KeyboardInterrupt:
        return
    except UNUSABLE as error:
        sys.exit(f"tocsin: {error}")


def _command(settings: Settings, parent: int) -> Sequence[str]:
    command = [sys.executable, "-P", "-m", "alerting.cli.main", "worker", "--data", str(settings.data)]
    return [*command, "--listen", settings.listen, "--parent", str(parent)]
