"""Several messages about one alert wait for one target: which one message says what is true now?"""

from collections.abc import Sequence

from rules.vocabulary import Reason

_OPENING = frozenset({Reason.FIRST, Reason.LATE})
_BY_WEIGHT = (Reason.FIRST, Reason.LATE, Reason.REOPENED, Reason.SEVERITY_UP, Reason.AGAIN)


def merged(reasons: Sequence[Reason]) -> Reason:
    """``reasons`` are those not heard yet, oldest first. It never says "firing" after "resolved", and what began and
    ended unheard is told once, as recovered."""
    if len(reasons) == 1:
        return reasons[0]
    if reasons[-1] is Reason.RESOLVED:
        return Reason.RECOVERED if _OPENING & set(reasons) else Reason.RESOLVED
    return next((reason for reason in _BY_WEIGHT if reason in reasons), reasons[-1])
