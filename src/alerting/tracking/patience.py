"""How long may a run be silent before it counts as lost?"""

from collections.abc import Iterable

from alerting.configuration.model import LostAfter
from alerting.tracking.record import RunRecord
from rules.instants import DAY, Duration
from rules.matchers import compile_match, fields_of

USUAL: Duration = DAY
FOR_LONG = frozenset({"dbos", "inngest", "temporal"})  # whose runs may sleep for weeks
NEVER: Duration = 0


class Patience:
    """What a run's own process promised comes first, then the first of ``rules`` that matches, then what is usual."""

    def __init__(self, rules: Iterable[LostAfter] = ()) -> None:
        self._rules = [(compile_match(rule.match), rule.after) for rule in rules]

    def with_(self, record: RunRecord) -> Duration:
        """``NEVER``: it may be silent for ever."""
        if record.detail.silent_after:
            return record.detail.silent_after
        if self._rules:
            fields = fields_of(record.run())
            for match, after in self._rules:
                if match.matches(fields):
                    return NEVER if after == "never" else after
        return NEVER if record.engine in FOR_LONG else USUAL
