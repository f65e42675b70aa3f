"""Which moment does a reader mean?"""

from rules.instants import Instant, parse_duration, parse_instant


class BadQuery(ValueError):
    """A question that cannot be answered; the text says how to mend it."""


def ahead(text: str, now: Instant) -> Instant:
    """RFC 3339, or a duration from now. Raises ValueError."""
    try:
        return now + parse_duration(text)
    except ValueError:
        return parse_instant(text)


def moment_ahead(name: str, text: str, now: Instant) -> Instant:
    """As ``ahead``. Raises BadQuery."""
    try:
        return ahead(text, now)
    except ValueError as error:
        raise BadQuery(f"{name}: {error}, or a duration such as 2h, meaning from now") from None


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
