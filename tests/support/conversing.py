"""A conversation as a person would keep it in a notebook, looked at every minute: no deadlines, no state machines."""

from dataclasses import dataclass, field

RANKS = {"low": 0, "medium": 1, "high": 2, "critical": 3}
WEIGHT = ["first", "reopened", "severity_up", "escalation", "again", "reminder", "resolved"]
REOPEN, EXPIRY, FAR = 15, 24 * 60, 10**9
BETWEEN_ENDS = 2  # messages that something is over, and nothing else


@dataclass
class House:
    """What was agreed on. All times are minutes. ``hourly``: severities that speak once an hour; ``spacing`` and
    ``wait``: of the others."""

    wait: dict[str, int]
    spacing: dict[str, int]
    dedup: int = 60
    hourly: frozenset = frozenset()
    remind: dict[str, tuple[int, ...]] = field(default_factory=dict)
    escalate: tuple[int, ...] = ()
    ack: int = 8 * 60


@dataclass
class Page:
    """One episode of one alert. ``notes``: (reason, since when) not said yet. ``log``: (minute, reason, count)."""

    kind: str
    severity: str
    began: int
    heard: int
    open: bool = True
    ended: int = 0
    notes: list = field(default_factory=list)
    log: list = field(default_factory=list)
    uncounted: int = 0
    window: int = -FAR
    acked: int | None = None
    reminders: int = 0
    escalations: list[int] = field(default_factory=list)
    over_told: bool = False

    @property
    def known(self) -> bool:
        """Whether the reader knows of the episode as of one that goes on."""
        return bool(self.log) and not self.over_told

    def note(self, reason: str, now: int) -> None:
        if not self.notes or self.notes[-1][0] != reason:
            self.notes.append((reason, now))

    def due(self, house: House, spoke: int, fired: int, ended: int) -> int:
        reasons = [reason for reason, _ in self.notes]
        since = self.notes[0][1]
        if "escalation" in reasons:
            return since
        hourly = self.severity in house.hourly
        if hourly and reasons[-1] == "resolved" and self.known:
            return max(since, ended + BETWEEN_ENDS) if since > ended else since
        if hourly and (reasons[-1] == "reminder" or reasons[0] == "reopened"):
            return since
        wait = 0 if self.known else house.wait[self.severity]
        return max(since + wait, (fired if hourly else spoke) + (60 if hourly else house.spacing[self.severity]))

    def reason(self) -> str:
        reasons = [reason for reason, _ in self.notes]
        if reasons[-1] == "resolved":
            return "recovered" if "first" in reasons and not self.known else "resolved"
        return min((each for each in reasons if each != "resolved"), key=WEIGHT.index)


@dataclass
class Notebook:
    house: House
    order: tuple[str, ...]
    now: int = 0
    pages: dict[str, list[Page]] = field(default_factory=dict)
    spoke: int = -FAR
    fired: int = -FAR
    ended: int = -FAR
    messages: list = field(default_factory=list)

    def current(self) -> list[Page]:
        """In the order in which what is due at the same minute is done."""
        return [self.pages[kind][-1] for kind in self.order if kind in self.pages]

    def every(self) -> list[Page]:
        return [page for pages in self.pages.values() for page in pages]

    def wait(self, minutes: int) -> None:
        for _ in range(minutes):
            self.now += 1
            self.look()

    def look(self) -> None:
        for page in self.current():
            if page.open and page.acked is not None and self.now - page.acked >= self.house.ack:
                self.unacknowledge(page)
        for page in self.current():
            for index, at in enumerate(page.escalations):
                if page.open and at == self.now:
                    page.escalations[index] = -FAR
                    if page.acked is None:
                        page.note("escalation", self.now)
                        self.speak(page)
        for page in self.current():
            if page.open and self.now - page.heard >= EXPIRY:
                self.end(page)
        self.speak()

    def grow(self, page: Page) -> None:
        if page.notes or not page.open or not page.known:
            return
        waits = self.house.remind.get(page.severity, ())
        if page.uncounted and self.now >= page.window:
            page.note("again", page.window)
        elif waits and page.acked is None:
            due = page.log[-1][0] + waits[min(page.reminders, len(waits) - 1)]
            if self.now >= due:
                page.note("reminder", due)

    def speak(self, touched: Page | None = None) -> None:
        """Is there anything to say by now? Then all that is unsaid is said in one message."""
        if touched is not None and not self._is_due(touched):
            return
        for page in self.every():
            self.grow(page)
        going = [page for page in self.every() if page.notes]
        if any(page.due(self.house, self.spoke, self.fired, self.ended) <= self.now for page in going):
            said = [(page.kind, page.began, page.reason(), page.uncounted) for page in going]
            self.messages.append((self.now, sorted(said)))
            if all(page.notes[-1][0] == "resolved" for page in going):
                self.ended = self.now
            for page in going:
                self.said(page)
            self.spoke = self.now

    def _is_due(self, page: Page) -> bool:
        self.grow(page)
        return bool(page.notes) and page.due(self.house, self.spoke, self.fired, self.ended) <= self.now

    def said(self, page: Page) -> None:
        reason = page.reason()
        page.log.append((self.now, reason, page.uncounted))
        page.over_told = page.notes[-1][0] == "resolved"
        page.notes, page.uncounted = [], 0
        if page.over_told:
            page.reminders, page.window = 0, -FAR
        elif reason not in ("reminder", "escalation"):
            self.fired, page.window = self.now, self.now + self.house.dedup
        page.reminders += reason == "reminder"

    def fail(self, kind: str, severity: str) -> None:
        pages = self.pages.setdefault(kind, [])
        page = pages[-1] if pages else None
        if page is None or not (page.open or self.now - page.ended <= REOPEN):
            page = Page(kind, severity, self.now, self.now)
            page.escalations = [self.now + after for after in self.house.escalate]
            pages.append(page)
            page.note("first", self.now)
            return self.speak(page)
        worse = RANKS[severity] > RANKS[page.severity]
        page.severity = max(page.severity, severity, key=RANKS.get)
        page.heard = self.now
        page.uncounted += 1
        if worse and page.acked is not None:
            page.acked = None
            page.escalations = [self.now + after for after in self.house.escalate]
        if not page.open:
            page.open = True
            page.escalations = [self.now + after for after in self.house.escalate]
            page.note("reopened", self.now)
        elif worse:
            page.note("severity_up", self.now)
        elif not page.notes and self.now >= page.window:
            page.note("again", self.now)
        self.speak(page)
        if page.acked is not None and self.now - page.acked >= self.house.ack:
            self.unacknowledge(page)
        return None

    def end(self, page: Page) -> None:
        if not page.open:
            return
        page.open, page.ended, page.window = False, self.now, -FAR
        page.escalations = [-FAR for _ in page.escalations]
        if page.log or page.notes:
            page.note("resolved", self.now)
            self.speak(page)

    def acknowledge(self, page: Page) -> None:
        if page.open:
            page.acked = self.now
            self.speak(page)

    def unacknowledge(self, page: Page) -> None:
        if page.open and page.acked is not None:
            page.acked, page.window, page.reminders = None, -FAR, 0
            page.escalations = [self.now + after for after in self.house.escalate]
            self.speak(page)
