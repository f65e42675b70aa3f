"""How may a mapped sender sign? In one of the ways of the known senders, or with the secret in a header."""

from alerting.ingest.webhooks import SENDERS
from alerting.ingest.webhooks.cloudevents import SENDER as CLOUDEVENTS
from alerting.ingest.webhooks.sender import Sender, by_bearer, by_token

STANDARD, BEARER = "standardwebhooks", "bearer"


def signed_as(way: str, name: str) -> Sender:
    """``standardwebhooks``, ``bearer`` (also when nothing is said), a known sender's name, or a header's."""
    if way == STANDARD:
        return Sender(name, CLOUDEVENTS.read, CLOUDEVENTS.signed, "webhook-signature")
    if way in {"", BEARER}:
        return Sender(name, CLOUDEVENTS.read, by_bearer, "Authorization: Bearer")
    if way in SENDERS:
        known = SENDERS[way]
        return Sender(name, known.read, known.signed, known.how)
    return Sender(name, CLOUDEVENTS.read, by_token(way.lower()), way)
