"""``tocsin exec -- COMMAND``: what became of a command? Watching changes nothing of it, least of all its exit code."""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tocsin_client.arguments import HELP, add_arguments, command_of
from tocsin_client.child import Child, is_in_front, signals_to
from tocsin_client.errors import error_of_code, signal_name
from tocsin_client.sending import Sender, complain, now
from tocsin_client.settings import from_environment

WRONG_USAGE, NOT_EXECUTABLE, NOT_FOUND = 2, 126, 127
_START_SECONDS = 3.0
_END_SECONDS = 10.0
_SIGN_EVERY_SECONDS = 60.0
_LOST_AFTER = "15m"  # so that no short trouble of a network looks like the end of a machine
_LAST_WORDS_SECONDS = 5.0
_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})")


def main(arguments: Sequence[str] | None = None, name: str = "tocsin-exec") -> int:
    parser = argparse.ArgumentParser(prog=name, description=HELP)
    add_arguments(parser)
    return run(parser.parse_args(arguments))


def run(asked: argparse.Namespace) -> int:
    if not command_of(asked):
        complain("say what to run: tocsin exec --workflow NAME -- COMMAND")
        return WRONG_USAGE
    return Watch(asked, os.environ).run()


class Hurry(BaseException):
    """The command has ended and we are told to end as well: what is not sent by now waits on the disk."""


class Watch:
    """One command, from its start until its end is told."""

    def __init__(self, asked: argparse.Namespace, environ: Mapping[str, str]) -> None:
        self._asked, self._environ = asked, environ
        self._said: set[str] = set()
        self._sender = Sender(from_environment(environ), leave_alone=0.0, say=self._say_once)
        self._run_id = asked.run_id or str(uuid.uuid4())
        self._trace_id, self._traceparent = _trace(environ.get("TRACEPARENT", ""))
        self._in_front = is_in_front()
        self._child: Child | None = None
        self._early: list[int] = []
        self._over = False
        self._ended = threading.Event()
        self._started_at = now()

    def run(self) -> int:
        with signals_to(self._heard) as woken:
            try:
                self._child = Child(command_of(self._asked), self._its_environment(), self._is_apart())
            except OSError as error:
                return self._not_started(error)
            for number in self._early:
                self._child.send(number)
            starting = threading.Thread(target=self._tell_that_it_runs, daemon=True)
            starting.start()
            code = self._child.wait(self._asked.timeout, woken)
            self._wind_up(code, self._child, starting)
        return code if code >= 0 else 128 - code

    def _wind_up(self, code: int, child: Child, starting: threading.Thread) -> None:
        ended_at = now()
        self._ended.set()
        self._unless_hurried(lambda: child.finish_output(_LAST_WORDS_SECONDS))
        self._tell_end(self._end(code, child, ended_at), starting)
        self._unless_hurried(lambda: child.finish_output(_LAST_WORDS_SECONDS if child.timed_out else None))

    def _is_apart(self) -> bool:
        """Who sets a time limit wants all of it ended: that takes a group, which a terminal's job cannot leave."""
        return self._asked.timeout is not None and not self._in_front

    def _its_environment(self) -> dict[str, str]:
        return {**self._environ, "TRACEPARENT": self._traceparent, "TOCSIN_RUN_ID": self._run_id}

    def _heard(self, number: int) -> None:
        if self._over:
            self._over = False
            raise Hurry
        if self._in_front and number in {signal.SIGINT, signal.SIGQUIT}:
            return  # the terminal has told the command as well
        if self._child is None:
            self._early.append(number)
        else:
            self._child.send(number)

    def _not_started(self, error: OSError) -> int:
        code = NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE
        what = f"{command_of(self._asked)[0]}: {error.strerror}"
        complain(what)
        kind, message = error_of_code(code, [what], [])
        self._tell_end(self._event("failed", now(), {"type": kind, "message": message}), None)
        return code

    def _end(self, code: int, child: Child, ended_at: str) -> dict[str, Any]:
        if code == 0 and not child.timed_out:
            return self._event("succeeded", ended_at)
        outcome, kind, message = self._what_went_wrong(code, child)
        return self._event(outcome, ended_at, {"type": kind, "message": message, "stack": child.tail.text()})

    def _what_went_wrong(self, code: int, child: Child) -> tuple[str, str, str]:
        """Where we or a signal cut it short, what it happened to say last does not tell one cause from another."""
        if child.timed_out:
            return "timed_out", "TimedOut", f"not done after {self._asked.timeout:g} s"
        if code < 0:
            name = signal_name(-code)
            return "crashed", name, f"ended by {name}"
        return ("failed", *error_of_code(code, child.tail.lines(2), child.tail.lines(1)))

    def _event(self, outcome: str, at: str = "", error: dict[str, str] | None = None) -> dict[str, Any]:
        told = {
            "id": uuid.uuid4().hex,
            "workflow": self._asked.workflow,
            "run_id": self._run_id,
            "outcome": outcome,
            "engine": "exec",
            "environment": self._asked.environment,
            "version": self._asked.version,
            "started_at": self._started_at,
            "occurred_at": at or self._started_at,
            "trace_id": self._trace_id,
            "parent_run_id": self._environ.get("TOCSIN_RUN_ID", ""),
            "labels": {"host": os.uname().nodename, **dict(self._asked.labels)},
            "error": error,
        }
        return {name: value for name, value in told.items() if value}

    def _tell_that_it_runs(self) -> None:
        """The start, and from time to time that it is still so: where they cease, so has this machine."""
        self._tell({**self._event("running"), "silent_after": _LOST_AFTER}, _START_SECONDS)
        while not self._ended.wait(_SIGN_EVERY_SECONDS):
            self._sender.mention({**self._event("running", now()), "silent_after": _LOST_AFTER}, _START_SECONDS)

    def _tell(self, event: dict[str, Any], seconds: float) -> None:
        try:
            self._sender.tell(event, seconds)
        except Exception as error:  # noqa: BLE001 - nothing of ours may come between the command and its exit code
            complain(f"an event could not be told ({type(error).__name__}: {error})")

    def _tell_end(self, event: dict[str, Any], starting: threading.Thread | None) -> None:
        deadline = time.monotonic() + _END_SECONDS

        def patiently() -> None:
            if starting is not None:
                starting.join(_START_SECONDS)
            self._tell(event, deadline - time.monotonic())

        if not self._unless_hurried(patiently):
            self._tell(event, 0.0)

    def _unless_hurried(self, do: Callable[[], None]) -> bool:
        """Whether it was done; False if a signal came meanwhile. The command is over, so it was meant for us."""
        try:
            self._over = True
            do()
        except Hurry:
            return False
        finally:
            self._over = False
        return True

    def _say_once(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            complain(text)


def _trace(told: str) -> tuple[str, str]:
    """The trace that the run belongs to: the caller's, else a new one; and how the command is told of it (W3C)."""
    found = _TRACEPARENT.fullmatch(told.strip())
    trace_id, flags = (found[1], found[2]) if found else (uuid.uuid4().hex, "01")
    return trace_id, f"00-{trace_id}-{uuid.uuid4().hex[:16]}-{flags}"


if __name__ == "__main__":
    sys.exit(main())
