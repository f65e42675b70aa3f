"""What may whoever holds a message do by its links? One thing to one alert each, signed, for a week.

The expiry stands in what is signed and not in the library's own timestamp, so that it goes by the service's clock.
"""

import secrets
from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeSerializer

from alerting.database.port import Store
from alerting.storage.notes import note_once, noted
from rules.instants import DAY, SECOND, Duration, Instant

ACKNOWLEDGE, SILENCE = "acknowledge", "silence"
HOLDS: Duration = 7 * DAY
_ACTIONS = frozenset({ACKNOWLEDGE, SILENCE})
_NAME = "link-key"
_LONGEST = 500


class BadLink(Exception):
    """A link that opens nothing; the text says why and what to do instead."""


@dataclass(slots=True, frozen=True)
class Link:
    action: str
    alert: str


class Links:
    """Every process of an installation needs the same ``key``."""

    def __init__(self, public_url: str, key: str) -> None:
        self._url = public_url.rstrip("/")
        self._signer = URLSafeSerializer(key, salt="tocsin-link")

    def url(self, action: str, alert: str, now: Instant) -> str:
        token = self._signer.dumps([action, alert, (now + HOLDS) // SECOND])
        return f"{self._url}/act/{token if isinstance(token, str) else token.decode()}"

    def read(self, token: str, now: Instant) -> Link:
        """Raises BadLink."""
        try:
            if len(token) > _LONGEST:
                raise BadSignature("too long")
            action, alert, expires = self._signer.loads(token)
        except (BadSignature, ValueError, TypeError):
            raise BadLink("Tocsin did not make this link, or it was cut off on its way. Copy it whole.") from None
        if action not in _ACTIONS or now >= expires * SECOND:
            raise BadLink("This link has expired: links in messages hold for seven days. Use the pages instead.")
        return Link(action, alert)


def links_of(store: Store, public_url: str, secret_key: str) -> Links:
    """Signed with TOCSIN_SECRET_KEY; without one with a random key, made once and kept in ``store``."""
    return Links(public_url, secret_key or _kept_key(store))


def _kept_key(store: Store) -> str:
    with store.read() as connection:
        key = noted(connection, _NAME)
    if key:
        return key
    with store.write() as connection:
        return note_once(connection, _NAME, secrets.token_urlsafe(32))
