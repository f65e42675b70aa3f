"""What makes two things the same thing? Every identity is a hash of named parts; none holds chance or a clock."""

import hashlib
from functools import lru_cache


def digest(*parts: str) -> str:
    """32 hex digits of SHA-256 over the parts, each with its length, so that ("a", "b") is not ("ab", "")."""
    encoded = [part.encode("utf-8", "replace") for part in parts]
    return hashlib.sha256(b"".join([b"%d:%b" % (len(data), data) for data in encoded])).hexdigest()[:32]


def run_key(engine: str, workflow: str, run_id: str) -> str:
    return digest("run", engine, workflow, run_id)


def occurrence_id(source_id: str, source: str, run_id: str, step: str, attempt: int, outcome: str) -> str:
    """One failure, for ever: by the source's own id where it gives one."""
    if source_id:
        return digest("occurrence", source, source_id)
    return digest("occurrence", source, run_id, step, str(attempt), outcome)


@lru_cache(maxsize=4096)
def level_of(engine: str, workflow: str, environment: str) -> str:
    """The run-level part of a key: where a success may end an alert."""
    return digest("level", engine, workflow, environment)


@lru_cache(maxsize=4096)
def alert_key(rule: str, values: tuple[str, ...]) -> str:
    """One state machine: a rule and the values of its ``by``."""
    return digest("alert-key", rule, *values)


def dedup_key(rule: str, key: str, occurrence: str) -> str:
    """What goes out to paging services and mail threads: one for each episode."""
    text = "\x00".join((rule, key, occurrence))
    return "tocsin:" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:40]
