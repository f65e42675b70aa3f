"""What is in force in this receiver, and how does it change? By the file, or by an edit beside it; one at a time."""

import contextlib
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from alerting.active import Activate, Active
from alerting.clock import Clock
from alerting.configuration import Invalid, Problem, check
from alerting.configuration.overlay import Object, Overlay, join, split, without_expired
from alerting.database.port import Store, StoreUnavailable
from alerting.inbox.port import CONFIGURATION, Entry, Overloaded
from alerting.inbox.writer import InboxWriter
from alerting.settings import Settings
from alerting.storage import audit, progress
from alerting.storage.audit import Audited

log = logging.getLogger(__name__)
LOOK_SECONDS = 2.0
_SETTLE_SECONDS = 0.25
Stamp = tuple[int, int]


@dataclass(slots=True, frozen=True)
class Edited:
    """The text of the file and what is made beside it, as they shall be; ``before`` and ``after`` for the audit."""

    file: str
    made: Overlay
    before: Object | None = None
    after: Object | None = None


Edit = Callable[[str, Overlay], Edited]


class InForce:
    """``latest`` is the text that is in force, or will be once the worker has come so far. Over a shared store others
    change it too, and what is in the store holds."""

    def __init__(
        self,
        settings: Settings,
        environ: Mapping[str, str],
        store: Store,
        clock: Clock,
        inbox: InboxWriter,
        activate: Activate,
        latest: str,
    ) -> None:
        self._settings, self._environ = settings, environ
        self._store, self._clock, self._inbox, self._activate = store, clock, inbox, activate
        self._lock = threading.Lock()
        self._text, self._number = latest, 0
        self._seen: Stamp | None = None
        self._read: Stamp | None = None
        self.refused: list[Problem] = []
        self._begin()

    @property
    def active(self) -> Active:
        return self._active

    @property
    def file(self) -> str:
        return str(self._settings.config or "tocsin.yaml")

    def change(self, edit: Edit, by: str, action: str, object_: str) -> bool:
        """Whether anything changed. Raises Invalid, Overloaded, StoreUnavailable, and what ``edit`` raises: then
        nothing did."""
        with self._lock:
            while True:
                number, text = self._latest()
                file, made = split(text)
                edited = edit(file, made)
                if (edited.file, edited.made) == (file, made):
                    return False
                changed = self._checked(edited)
                if self._commit(number, changed, Audited(by, action, object_, edited.before, edited.after)):
                    break
            self._put_in_force(changed)
        if self.refused:
            self._read = None  # perhaps it was only refused for what has changed now
        return True

    def reload(self, by: str) -> bool:
        """Read the file again. Whether anything changed. Raises Invalid: then what was in force stays so."""
        if self._settings.config is None:
            return False
        stamp = _stamp(self._settings.config)
        try:
            text = text_of(self._settings)
            changed = self.change(lambda _, made: Edited(text, made), by, "reload", self.file)
        except Invalid as invalid:
            if invalid.problems != self.refused:
                log.error("the configuration was refused, what was in force stays so:\n%s", invalid)
            self._read, self.refused = stamp, invalid.problems
            raise
        self._read, self.refused = stamp, []
        return changed

    def look(self) -> float:
        """Whether others changed what is in force, or somebody the file. The seconds until the next look."""
        if self._store.shared:
            self._follow()
        if self._settings.config is None or (stamp := _stamp(self._settings.config)) == self._read:
            return LOOK_SECONDS
        if stamp != self._seen:  # it may be half written
            self._seen = stamp
            return _SETTLE_SECONDS
        with contextlib.suppress(Invalid):  # it is logged, and shown in /health
            self.reload("file")
        return LOOK_SECONDS

    def is_followed(self) -> bool:
        """Whether the workers' store has what this receiver made durable."""
        with self._store.read() as connection:
            return self._store.shared or progress.active_configuration(connection) == self._text

    def _begin(self) -> None:
        """Put the file in force, with what was made before beside it. Raises Invalid."""
        self._read = None if self._settings.config is None else _stamp(self._settings.config)
        file = text_of(self._settings)
        while True:
            number, text = self._latest()
            changed = self._checked(Edited(file, split(text)[1]))
            if (number and changed == text) or self._commit(number, changed, None):
                break
        self._put_in_force(changed)

    def _latest(self) -> tuple[int, str]:
        """The text in force, and its number in a shared store."""
        if not self._store.shared:
            return 0, self._text
        with self._store.read() as connection:
            return progress.latest_configuration(connection), progress.active_configuration(connection)

    def _checked(self, edited: Edited) -> str:
        made = without_expired(edited.made, self._clock.now())
        problems = check(edited.file, self.file, self._environ, made)
        if problems:
            raise Invalid(problems)
        return join(edited.file, made)

    def _commit(self, number: int, text: str, audited: Audited | None) -> bool:
        """False where somebody else was faster."""
        now = self._clock.now()
        with self._store.write() as connection:
            if self._store.shared and not progress.activate_after(connection, number, text, now):
                return False
            if audited is not None:
                audit.record(connection, now, audited)
            if not self._store.shared:
                self._inbox.append_and_wait(Entry(CONFIGURATION, text.encode()))
                self._text = text
        return True

    def _put_in_force(self, text: str) -> None:
        self._text, self._active = text, self._activate(text)

    def _follow(self) -> None:
        with self._lock:
            number, text = self._latest()
            if number != self._number and text != self._text:
                self._put_in_force(text)
            self._number = number


def text_of(settings: Settings) -> str:
    """The text of the file, "" where there is none. Raises Invalid."""
    if settings.config is None:
        return ""
    try:
        return settings.config.read_text()
    except UnicodeDecodeError:
        said = "is not UTF-8 text"
    except OSError as error:
        said = f"cannot be read: {error.strerror}"
    raise Invalid([Problem(str(settings.config), 1, 1, "", said)])


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


def watch(in_force: InForce, stopping: threading.Event, asked: threading.Event) -> None:
    """Until ``stopping``: look at the file now and then, and read it again at once when ``asked``."""
    seconds = LOOK_SECONDS
    while not stopping.is_set():
        at_once = asked.wait(seconds)
        asked.clear()
        try:
            if at_once and not stopping.is_set():
                with contextlib.suppress(Invalid):
                    in_force.reload("signal")
            seconds = in_force.look()
        except (StoreUnavailable, Overloaded) as error:
            log.warning("the configuration is looked at again later: %s", error)
