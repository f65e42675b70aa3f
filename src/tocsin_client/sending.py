"""How does an event reach Tocsin? It is kept first and sent then, with all that waited before it, oldest first.

Whoever is killed, cut off or turned away loses nothing: the next one that has something to tell sends it as well.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any

from tocsin_client.posting import Answer, Verdict, post
from tocsin_client.settings import Settings, from_environment
from tocsin_client.spool import Spool

_AGAIN_AFTER = (0.5, 1.0, 2.0)
_ONE_TRY = 5.0
_TOGETHER = 100
_TOGETHER_BYTES = 1024 * 1024
_LEAVE_ALONE = 30.0


def tell(event: Mapping[str, Any], seconds: float = 5.0) -> bool:
    """Tell Tocsin one thing that happened to a run, such as ``{"workflow": "nightly", "outcome": "failed"}``.

    True once Tocsin has it, or it is kept on this machine to be sent with the next one; False, with a line on stderr,
    where it can be neither. Takes ``seconds`` at most. Never raises into the app that calls it. The time and an id are
    added where they are missing, so that it may be sent late, and twice.
    """
    try:
        return _sender(from_environment(os.environ)).tell(event, seconds)
    except Exception as error:  # noqa: BLE001 - whatever is wrong here is not the app's fault
        complain(f"an event could not be told ({type(error).__name__}: {error})")
        return False


def complain(text: str) -> None:
    try:
        sys.stderr.write(f"tocsin: {text}\n")
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        return  # nobody listens on stderr


def now() -> str:
    return datetime.now(timezone.utc).isoformat()


class Sender:
    """``leave_alone``: for how many seconds nothing is tried after Tocsin did not answer, so that no app is slowed down
    by every event of an outage."""

    def __init__(
        self,
        settings: Settings,
        leave_alone: float = _LEAVE_ALONE,
        spool: Spool | None = None,
        say: Callable[[str], None] = complain,
    ) -> None:
        self._settings, self._say = settings, say
        self._spool = spool or (Spool(settings.spool) if settings.spool else None)
        self._leave_alone, self._left_alone_until = leave_alone, 0.0

    def tell(self, event: Mapping[str, Any], seconds: float) -> bool:
        """As the function of that name; raises ValueError or TypeError for what is no event."""
        deadline = time.monotonic() + seconds
        body = _body(event)
        name = self._kept(body)
        if name is None:
            return self._sent_without_keeping(body, deadline)
        if time.monotonic() < self._left_alone_until:
            return True
        return name not in self.send_what_waits(deadline, name)

    def mention(self, event: Mapping[str, Any], seconds: float) -> None:
        """What is worth nothing later: tried once, never kept, nothing said."""
        self._try(b"[" + _body(event) + b"]", time.monotonic() + seconds)

    def send_what_waits(self, deadline: float, own: str = "") -> set[str]:
        """Until nothing is left, or Tocsin takes no more. The names of those that were refused for good."""
        refused: set[str] = set()
        if self._spool is None:
            return refused
        try:
            with self._spool.held(deadline) as held:
                while held and self._send_some(self._spool, deadline, own, refused):
                    pass
        except OSError as error:
            self._say(f"{self._spool.folder} cannot be used: {error.strerror}; name another folder with TOCSIN_SPOOL")
        return refused

    def _kept(self, body: bytes) -> str | None:
        if self._spool is None:
            return None
        try:
            name = self._spool.add(body)
            dropped = self._spool.trim()
        except OSError as error:
            self._say(f"{self._spool.folder} cannot be used: {error.strerror}; name another folder with TOCSIN_SPOOL")
            return None
        if dropped:
            self._say(f"{self._spool.folder} is full: the {dropped} oldest events that waited in it were dropped")
        return name

    def _send_some(self, spool: Spool, deadline: float, own: str, refused: set[str]) -> bool:
        """Whether it is worth going on."""
        waiting = self._readable(spool, spool.oldest(_TOGETHER, _TOGETHER_BYTES))
        if not waiting:
            return False
        answer = self._post([event for _, event in waiting], deadline)
        if answer.verdict is Verdict.BAD and len(waiting) > 1:
            waiting, answer = self._one_of(waiting, deadline)
        if answer.verdict is Verdict.NOT_NOW:
            self._left_alone_until = time.monotonic() + self._leave_alone
            self._say(f"{self._where} does not take events now ({answer.said}); they wait in {spool.folder}")
            return False
        if answer.verdict is Verdict.NOT_YOU:
            self._refuse(spool, own, answer.said, refused)
            return False
        self._done(spool, waiting, answer, refused)
        return True

    def _readable(self, spool: Spool, waiting: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        """One that a failing disk spoilt must not keep back the others."""
        found = []
        for name, event in waiting:
            try:
                json.loads(event)
                found.append((name, event))
            except ValueError:
                self._say(f"{spool.folder / name}.json was damaged and is dropped")
                spool.remove(name)
        return found

    def _one_of(self, waiting: list[tuple[str, bytes]], deadline: float) -> tuple[list[tuple[str, bytes]], Answer]:
        """The oldest alone, so that no event is dropped because of its neighbours."""
        return waiting[:1], self._post([waiting[0][1]], deadline)

    def _done(self, spool: Spool, sent: list[tuple[str, bytes]], answer: Answer, refused: set[str]) -> None:
        for index, (name, _) in enumerate(sent):
            if answer.verdict is Verdict.BAD or index in answer.rejected:
                self._refuse(spool, name, answer.rejected.get(index, answer.said), refused)
            else:
                spool.remove(name)

    def _refuse(self, spool: Spool, name: str, why: str, refused: set[str]) -> None:
        self._say(f"{self._where} refused an event: {why}")
        if name:
            spool.remove(name)
            refused.add(name)

    def _sent_without_keeping(self, body: bytes, deadline: float) -> bool:
        answer = self._post([body], deadline)
        if answer.verdict is Verdict.TAKEN and not answer.rejected:
            return True
        why = answer.rejected.get(0, answer.said)
        self._say(f"{self._where} did not take an event, and there is no place to keep it: {why}")
        return False

    def _post(self, events: list[bytes], deadline: float) -> Answer:
        body = b"[" + b",".join(events) + b"]"
        answer = self._try(body, deadline)
        for again_after in _AGAIN_AFTER:
            wait = answer.wait or again_after * random.uniform(0.5, 1.0)
            if answer.verdict is not Verdict.NOT_NOW or time.monotonic() + wait >= deadline:
                break
            time.sleep(wait)
            answer = self._try(body, deadline)
        return answer

    def _try(self, body: bytes, deadline: float) -> Answer:
        left = deadline - time.monotonic()
        if left <= 0:
            return Answer(Verdict.NOT_NOW, "there was no time left")
        return post(self._settings.url, self._settings.key, body, min(_ONE_TRY, left))

    @property
    def _where(self) -> str:
        """Without what an address may hold of secrets."""
        scheme, _, rest = self._settings.url.partition("://")
        return f"{scheme}://{rest.rpartition('@')[2].split('?')[0]}" if rest else "TOCSIN_URL"


@lru_cache(maxsize=8)
def _sender(settings: Settings) -> Sender:
    return Sender(settings)


def _body(event: Mapping[str, Any]) -> bytes:
    if not isinstance(event, Mapping):
        raise TypeError("an event is a mapping such as {'workflow': 'nightly', 'outcome': 'failed'}")
    whole = {"id": uuid.uuid4().hex, "occurred_at": now(), **event}
    return json.dumps(whole, default=str, allow_nan=False).encode()
