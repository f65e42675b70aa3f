"""What does a sender of webhooks have to say? How its bodies are read, and how it signs them."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from alerting.ingest.changes import Change
from alerting.ingest.encoding import IngestError
from alerting.ingest.facts import Fact
from rules.instants import Instant

Headers = Mapping[str, str]  # names in lower case
Read = Callable[[Any, Instant], list[Fact]]
ReadChanges = Callable[[Any, Instant], list[Change]]
Signed = Callable[[str, Headers, bytes, Instant], bool]


class WrongSignature(IngestError):
    status = 401


@dataclass(frozen=True)
class Sender:
    """``read`` gives the facts of one JSON body received at a moment; an empty list for what tells of no run;
    ValueError for what this sender never sends. ``signed`` says whether a body was signed with a secret; ``how`` names
    what is expected, for the one whose signature is wrong. ``changes`` gives those that a body tells of which ``read``
    took."""

    name: str
    read: Read
    signed: Signed
    how: str
    changes: ReadChanges = lambda _body, _received_at: []

    def check(self, secret: str, headers: Headers, body: bytes, now: Instant) -> None:
        """Raises WrongSignature."""
        if not self.signed(secret, headers, body, now):
            raise WrongSignature(
                f"the signature of {self.name} is missing or wrong: {self.how} must be made with the secret that "
                f"stands under webhooks: {self.name}: in the configuration"
            )


def same(given: str, wanted: str) -> bool:
    """In constant time; an empty one is never right."""
    return bool(given and wanted) and hmac.compare_digest(given.encode(), wanted.encode())


def hex_hmac(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, sha256).hexdigest()


def by_token(header: str) -> Signed:
    """The secret itself in a header."""
    return lambda secret, headers, _body, _now: same(headers.get(header, ""), secret)


def by_bearer(secret: str, headers: Headers, _body: bytes, _now: Instant) -> bool:
    return same(headers.get("authorization", "").removeprefix("Bearer ").strip(), secret)


def by_hmac(header: str, prefix: str = "") -> Signed:
    """HMAC-SHA256 of the raw body, as hex behind ``prefix``."""
    return lambda secret, headers, body, _now: same(headers.get(header, ""), prefix + hex_hmac(secret, body))
