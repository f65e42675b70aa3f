"""What does the environment say to a sender? Where Tocsin is, the key for it, and where to keep what waits."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_URL = "http://127.0.0.1:4318"


@dataclass(frozen=True)
class Settings:
    """``spool`` is None where the user has no place to keep anything."""

    url: str = field(default=DEFAULT_URL, repr=False)  # someone may have put a password into it
    key: str = field(default="", repr=False)
    spool: Path | None = None


def from_environment(environ: Mapping[str, str]) -> Settings:
    return Settings(
        url=(environ.get("TOCSIN_URL") or DEFAULT_URL).strip().rstrip("/"),
        key=environ.get("TOCSIN_INGEST_KEY", "").strip(),
        spool=_spool(environ),
    )


def _spool(environ: Mapping[str, str]) -> Path | None:
    told = environ.get("TOCSIN_SPOOL")
    if told:
        return Path(told)
    state = environ.get("XDG_STATE_HOME")
    if state and Path(state).is_absolute():
        return Path(state) / "tocsin"
    home = environ.get("HOME") or os.path.expanduser("~")  # noqa: PTH111 - Path.home() raises where there is none
    return Path(home) / ".local" / "state" / "tocsin" if Path(home).is_absolute() else None
