"""What every channel is made from: its configuration, checked, and the way out that it may use."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr

from notifiers.egress import Egress


class ChannelConfig(BaseModel):
    """``fallback`` names the channel that is told when this one cannot deliver."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    type: str
    fallback: str | None = None


@dataclass(slots=True, frozen=True)
class ChannelContext:
    """``timeout`` in seconds for one try."""

    egress: Egress
    timeout: float = 10.0


def http_url(value: SecretStr) -> SecretStr:
    parts = urlsplit(value.get_secret_value())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be a URL that starts with https:// or http:// and names a host")
    return value
