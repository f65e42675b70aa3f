"""Is a mail channel's configuration right? If not, which part of it is wrong."""

import re
from email.utils import parseaddr
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, field_validator

from notifiers.context import ChannelConfig, as_list

PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_FORM = "write smtp://HOST:PORT, smtp+starttls:// or smtps://, with user:password@ before the host if needed"
_ADDRESS = re.compile(r"[!-~]+@[!-?A-~]+")
_HOST = re.compile(r"[0-9A-Za-z._:%-]+")


def _address(value: str) -> str:
    address = parseaddr(value)[1]
    if not _ADDRESS.fullmatch(address) or any(sign in value for sign in "\r\n"):
        raise ValueError(f"{value!r} is not an e-mail address (name@example.com, in ASCII)")
    return value


class EmailConfig(ChannelConfig):
    type: Literal["email"]
    smtp: SecretStr
    sender: Annotated[str, AfterValidator(_address)] = Field(alias="from")
    to: Annotated[
        list[Annotated[str, AfterValidator(_address)]],
        BeforeValidator(as_list, json_schema_input_type=list[str] | str),
    ]

    @field_validator("smtp")
    @classmethod
    def _server(cls, value: SecretStr) -> SecretStr:
        if wrong := wrong_with(value.get_secret_value()):
            raise ValueError(wrong)
        return value

    @field_validator("to")
    @classmethod
    def _recipients(cls, value: list[str]) -> list[str]:
        if not value:
            raise ValueError("name at least one recipient")
        return list(dict.fromkeys(value))


def wrong_with(url: str) -> str:
    """ "" if nothing is. It quotes no part of the URL, and neither the standard library's reasons: they hold it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return f"host: a bracket is not closed, or is none of an IPv6 address; {_FORM}"
    if parts.scheme not in PORTS:
        return f"scheme: is none of {', '.join(PORTS)}; {_FORM}"
    if parts.password and not parts.username:
        return f"user: there is a password and no user before it; {_FORM}"
    if not parts.hostname or not _HOST.fullmatch(parts.hostname):
        return f"host: is missing or is no name of a host; {_FORM}"
    return _wrong_after_host(parts)


def _wrong_after_host(parts: SplitResult) -> str:
    try:
        usable = parts.port is None or parts.port > 0
    except ValueError:
        usable = False
    if not usable:
        return f"port: must be 1 to 65535; in a password write / ? # @ : % as %2F %3F %23 %40 %3A %25; {_FORM}"
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        return "host: nothing may follow it but a port; in a password write / ? # as %2F %3F %23"
    return ""
