"""Which attributes differ between a step here and the same step there? Not those that differ in every run."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

MOST = 20
# An id, a digest or a time of this run says nothing about what it did otherwise.
_OWN = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # UUID
    r"|\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b"  # ULID
    r"|\b(?=[0-9a-f]*\d)[0-9a-f]{16,}\b"  # ids of traces and spans, digests
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"
    r"|\b1[0-9]{9}(?:[.]\d+|\d{3}|\d{6}|\d{9})?\b",  # seconds to nanoseconds since 1970
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Difference:
    """ "" stands for an attribute that is not there."""

    name: str
    bad: str
    good: str


def differences(bad: Mapping[str, str], good: Mapping[str, str]) -> tuple[Difference, ...]:
    """By name, the first 20; those whose values differ in nothing but ids and times are left out."""
    names = sorted(bad.keys() | good.keys())
    pairs = (Difference(name, bad.get(name, ""), good.get(name, "")) for name in names)
    return tuple(pair for pair in pairs if _lasting(pair.bad) != _lasting(pair.good))[:MOST]


def _lasting(value: str) -> str:
    return _OWN.sub("…", value)
