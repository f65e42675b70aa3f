"""Which text is a secret? Values of telling keys, and text that looks like a credential, before anything is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import re2

SCRUBBED = "[scrubbed]"
_KEY_NAMES = (
    r"pass(?:word|wd|phrase)?|pwd|secrets?|(?:[a-z0-9]+[_-])?token|authorization|auth|api[_-]?keys?|access[_-]?key(?:[_-]?id)?|"
    r"private[_-]?key|cookies?|set-cookie|session(?:[_-]?id)?|credentials?|ssn|card[_-]?(?:number|no)|cvv|cvc"
)
_HINTS = re2.compile(
    r"(?i)pass|pwd|secret|token|auth|key|cookie|session|credential|ssn|card|cvv|cvc|bearer|://[^/\s]*@|eyJ|-----BEGIN|"
    r"AKIA|ASIA|gh[pousr]_|github_pat_|xox|sk_|rk_|whsec_|hooks\.slack|\d{4}[ -]?\d{4}[ -]?\d{4}"
)
_PATTERNS: tuple[tuple[str, str], ...] = (
    (r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)", SCRUBBED),
    (r"(?i)\b((?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}", rf"\1{SCRUBBED}"),
    (r"\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*", SCRUBBED),
    (r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b", SCRUBBED),
    (r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})", SCRUBBED),
    (r"\bxox[abeprs]-[A-Za-z0-9-]{8,}", SCRUBBED),
    (r"\b(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{8,}", SCRUBBED),
    (r"\bwhsec_[A-Za-z0-9+/=]{8,}", SCRUBBED),
    (r"(https://hooks\.slack\.com/services/)\S+", rf"\1{SCRUBBED}"),
    (r"\b([A-Za-z][A-Za-z0-9+.-]*://[^\s:/@]*):[^\s@/]+@", rf"\1:{SCRUBBED}@"),
)
_CARD = re2.compile(r"\b\d(?:[ -]?\d){12,18}\b")


@dataclass(slots=True, frozen=True)
class Scrubber:
    """``keys`` are further names whose values go, ``patterns`` RE2 (with or without ``~ ``) whose matches go.

    Raises ValueError for a pattern that does not compile."""

    keys: Sequence[str] = ()
    patterns: Sequence[str] = ()
    _key: Any = None
    _pairs: tuple[Any, ...] = ()
    _own: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        names = "|".join([_KEY_NAMES, *(re2.escape(key) for key in self.keys)])
        object.__setattr__(self, "_key", re2.compile(rf"(?i)(?:^|[._-])(?:{names})$"))
        object.__setattr__(self, "_pairs", tuple(_compile(pattern) for pattern in _pair_patterns(names)))
        object.__setattr__(self, "_own", tuple(_compile(pattern.removeprefix("~ ")) for pattern in self.patterns))

    def text(self, value: str) -> str:
        """``value`` with what looks like a secret replaced."""
        for pattern in self._own:
            value = pattern.sub(SCRUBBED, value)
        if not value or not (self.keys or _HINTS.search(value)):
            return value
        for pattern, replacement in _COMPILED:
            value = pattern.sub(replacement, value)
        for pattern in self._pairs:
            value = pattern.sub(rf"\1{SCRUBBED}", value)
        return str(_CARD.sub(lambda found: SCRUBBED if _is_card(found.group()) else found.group(), value))

    def mapping(self, values: Mapping[str, str]) -> dict[str, str]:
        """The values of telling names go altogether, the others are read as text."""
        return {name: SCRUBBED if self._key.search(name) else self.text(value) for name, value in values.items()}


def _pair_patterns(names: str) -> tuple[str, ...]:
    """``key=value``, ``"key": "value"``, ``key: 3Fz…``. Prose such as "token expired" or "auth: denied" is left alone:
    after a colon a bare value goes only if it looks made by a machine."""
    key = rf"\b(?:[\w-]*[_-])?(?:{names})"
    return (
        rf"""(?i)({key}["']?\s*[=:]\s*["'])[^"'\n]{{1,900}}""",
        rf"""(?i)({key}=)[^\s"'&,;)\]}}]+""",
        rf"""(?i)({key}:\s*)[^\s"',;)\]}}]*\d[^\s"',;)\]}}]{{5,}}""",
    )


def _compile(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else error
        raise ValueError(f"the pattern {pattern!r} does not compile as RE2: {reason}") from None


def _is_card(text: str) -> bool:
    """Luhn's check digit (ISO/IEC 7812-1)."""
    digits = [int(sign) for sign in reversed(text) if sign.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


_COMPILED = tuple((_compile(pattern), replacement) for pattern, replacement in _PATTERNS)
