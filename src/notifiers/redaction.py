"""Which parts of a channel's URL are secret, and how are they kept out of what a service says back?"""

import re
from urllib.parse import unquote, urlsplit

_LEAST = 6  # shorter pieces are words such as "api", and no token
_BETWEEN = re.compile(r"[/?&=:@#,;\s]+")


def secrets_of(url: str) -> frozenset[str]:
    """Every piece of ``url`` that may be a token: of an Apprise URL the host is one too, of an http URL it is not."""
    parts = urlsplit(url)
    pieces = {piece for text in (url, unquote(url)) for piece in _BETWEEN.split(text) if len(piece) >= _LEAST}
    known = {parts.hostname or ""} if parts.scheme in {"http", "https", "smtp", "smtps", "smtp+starttls"} else set()
    return frozenset(pieces - known - {parts.scheme})


def without(text: str, secrets: frozenset[str]) -> str:
    """``text`` with each secret replaced, the longest first, so that none is left in part."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "…")
    return text
