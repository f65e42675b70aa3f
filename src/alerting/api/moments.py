"""Which moment does a reader mean?"""

from alerting.api.paging import BadQuery
from rules.instants import Instant, parse_duration, parse_instant


def moment(name: str, text: str, now: Instant) -> Instant:
    """RFC 3339, Unix milliseconds, or a duration meaning that long ago. Raises BadQuery."""
    try:
        return now - parse_duration(text)
    except ValueError:
        pass
    try:
        return parse_instant(int(text) if text.isdigit() else text)
    except ValueError as error:
        raise BadQuery(f"{name}: {error}, or a duration such as 7d, meaning that long ago") from None
