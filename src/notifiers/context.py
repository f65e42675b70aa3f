"""What every channel is made from: its configuration, checked, and the way out that it may use."""

from dataclasses import dataclass
from typing import Annotated

import httpx2
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from notifiers.egress import Egress
from notifiers.template import Template


class ChannelConfig(BaseModel):
    """``fallback`` names the channel that is told when this one cannot deliver; ``template``: its own wording.
    ``rate_limit``: at most so many messages a minute; without it as many as the service is known to take."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    type: str
    fallback: str | None = None
    rate_limit: Annotated[float, Field(gt=0, strict=True)] | None = None
    template: Template | None = None


@dataclass(slots=True, frozen=True)
class ChannelContext:
    """``timeout`` in seconds for one try."""

    egress: Egress
    timeout: float = 10.0


def as_list(value: object) -> object:
    """One text stands for a list of it."""
    return [value] if isinstance(value, str) else value


def http_url(value: SecretStr) -> SecretStr:
    """Raises ValueError, which says nothing of the value: it is a secret."""
    try:
        parts = httpx2.URL(value.get_secret_value())
        usable = parts.host.encode("idna") and 0 < (parts.port or 80) < 65_536
    except (httpx2.InvalidURL, UnicodeError):
        usable = False
    if not usable or parts.scheme not in {"http", "https"}:
        raise ValueError("must be a URL that starts with https:// or http:// and names a host (and a port, if any)")
    return value
