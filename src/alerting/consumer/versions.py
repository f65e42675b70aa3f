"""Is one version later than another? By their numbers, where they are written alike; of others nobody can say. Pure."""

import re

_HASH = re.compile(r"(?=.*[a-f])[0-9a-f]{7,64}", re.IGNORECASE)
_DIGITS = re.compile(r"(\d+)")
_RELEASE = re.compile(r"(?P<name>\D*?)v?(?P<numbers>\d+(?:\.\d+)*)(?P<rest>\D.*)?", re.IGNORECASE)
_AFTER = re.compile(r"-(\d+)-g[0-9a-f]{4,40}")  # git describe: so many commits later
_BEFORE = re.compile(r"[-._]?(dev|alpha|beta|a|b|pre|preview|rc|snapshot)[-._]?(\d*)", re.IGNORECASE)
_STAGES = ("dev", "snapshot", "a", "alpha", "b", "beta", "pre", "preview", "rc")
Stage = tuple[int, int]
_FINAL: Stage = (len(_STAGES), 0)
_Release = tuple[str, tuple[int, ...], Stage | None]


def order(one: str, other: str) -> int | None:
    """-1, 0 or 1 as ``one`` is earlier, the same or later; None where that cannot be told from how they are written.

    Numbers count as numbers, a pre-release comes before its release (semver.org, 11). Hashes have no order, but a
    shortened one is the same as the whole.
    """
    if one == other or _is_shortened(one, other):
        return 0
    if _HASH.fullmatch(one) or _HASH.fullmatch(other):
        return None
    if _DIGITS.sub("0", one) == _DIGITS.sub("0", other):
        return _compared(_numbers(one), _numbers(other))
    return _of_releases(_release(one), _release(other))


def _is_shortened(one: str, other: str) -> bool:
    hashes = bool(_HASH.fullmatch(one) and _HASH.fullmatch(other))
    return hashes and (one.lower().startswith(other.lower()) or other.lower().startswith(one.lower()))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(found) for found in _DIGITS.findall(version))


def _compared(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    return (one > other) - (one < other)


def _of_releases(one: _Release | None, other: _Release | None) -> int | None:
    if one is None or other is None or one[0] != other[0]:
        return None
    by_numbers = _compared(one[1], other[1])
    if by_numbers or one[2] is None or other[2] is None:
        return by_numbers or None
    return _compared(one[2], other[2])


def _release(version: str) -> _Release | None:
    """What comes before the numbers, the numbers without zeros at their end, and the stage; no stage where what follows
    is not known."""
    found = _RELEASE.fullmatch(version)
    if found is None:
        return None
    numbers = list(_numbers(found["numbers"]))
    while numbers and not numbers[-1]:
        numbers.pop()
    rest = (found["rest"] or "").partition("+")[0]
    stage = _stage(rest)
    return None if stage is None and rest[:1].isalnum() else (found["name"].lower(), tuple(numbers), stage)


def _stage(rest: str) -> Stage | None:
    if not rest:
        return _FINAL
    after, before = _AFTER.fullmatch(rest), _BEFORE.fullmatch(rest)
    if after:
        return _FINAL[0], int(after[1])
    return (_STAGES.index(before[1].lower()), int(before[2] or 0)) if before else None
