"""Several reasons about one alert wait for one channel: which one says what is true now?"""

from collections.abc import Iterable, Sequence

from rules.vocabulary import Reason

OPENING = frozenset({Reason.FIRST, Reason.LATE})
_BEGUN = OPENING | {Reason.NEW_MEMBERS, Reason.RECOVERED}
_BY_WEIGHT = (
    Reason.FIRST, Reason.LATE, Reason.NEW_MEMBERS, Reason.REOPENED, Reason.SEVERITY_UP, Reason.ESCALATION,
    Reason.FLAPPING, Reason.AGAIN, Reason.REMINDER, Reason.STORM, Reason.DIGEST, Reason.RESOLVED, Reason.RECOVERED,
    Reason.ACKNOWLEDGED,
)  # fmt: skip


def merged(reasons: Sequence[Reason]) -> Reason:
    """``reasons`` are those not heard yet, oldest first. It never says "firing" after "resolved", and what began and
    ended unheard is told once, as recovered; what is back then, as first."""
    if len(reasons) == 1:
        return reasons[0]
    if reasons[-1] is Reason.RESOLVED:
        return Reason.RECOVERED if _BEGUN & set(reasons) else Reason.RESOLVED
    if Reason.RECOVERED in reasons:
        return Reason.FIRST
    return heaviest(reason for reason in reasons if reason is not Reason.RESOLVED)


def heaviest(reasons: Iterable[Reason]) -> Reason:
    found = frozenset(reasons)
    return next((reason for reason in _BY_WEIGHT if reason in found), Reason.AGAIN)
