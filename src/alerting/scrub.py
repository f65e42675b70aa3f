"""Which text is a secret? Values of telling keys, and text that looks like a credential, before anything is kept."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import re2

SCRUBBED = "[scrubbed]"
# What ends in one of these is telling, whatever stands before it: csrftoken, userPassword.
_ENDINGS = (
    r"pass(?:word|wd|phrase)(?:[_-]?hash)?|secrets?(?:[_-]?(?:access[_-]?)?key)?|token|api[_-]?keys?|"
    r"access[_-]?key(?:[_-]?id)?|private[_-]?key|authorization|credentials?|connection[_-]?string"
)
# These only as whole words, alone or behind a sign: db_pwd, not compass or author.
_WORDS = (
    r"pass|pwd|auth|(?:set-)?cookies?|session(?:[_-]?id)?|dsn|ssn|cvv|cvc|"
    r"(?:credit[_-]?)?card(?:[_-]?(?:number|no))?"
)
_SHAPES: tuple[tuple[str, str], ...] = (
    (r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)", SCRUBBED),
    (r"\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*", SCRUBBED),
    (r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b", SCRUBBED),
    (r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[\w-]{20,}|npm_[A-Za-z0-9]{30,})", SCRUBBED),
    (r"\bxox[abeprs]-[A-Za-z0-9-]{8,}", SCRUBBED),
    (r"\b(?:(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{8,}|sk-[A-Za-z0-9_-]{20,}|whsec_[A-Za-z0-9+/=]{8,})", SCRUBBED),
    (r"\b(?:AIza[A-Za-z0-9_-]{35}|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,})", SCRUBBED),
    (r"(https://hooks\.slack\.com/services/|discord(?:app)?\.com/api/webhooks/\d+/)\S+", rf"\1{SCRUBBED}"),
    (r"\b([A-Za-z][A-Za-z0-9+.-]*://[^\s:/@]*):[^\s@/]+@", rf"\1:{SCRUBBED}@"),
    (r"(://)[^\s:/@]{20,}@", rf"\1{SCRUBBED}@"),
)
_SCHEMES = r"(?i)(\b(?:bearer|basic)\s+)([A-Za-z0-9._~+/=-]{8,})"
_CARD = r"\b[2-6](?:[ -]?\d){12,18}\b"
_HINTS = (
    r"://[^/\s]*@|\beyJ|-----BEGIN|AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|npm_|xox|[srp]k_|\bsk-|whsec_|AIza|\bSG\.|"
    r"hooks\.slack|api/webhooks|(?i:bearer|basic)\s|\d(?:[ -]?\d){12}"
)


class Scrubber:
    """``keys`` are further names whose values go, ``patterns`` RE2 (with or without ``~ ``) whose matches go.

    Raises ValueError for a pattern that does not compile."""

    def __init__(self, keys: Sequence[str] = (), patterns: Sequence[str] = ()) -> None:
        words = "|".join([_WORDS, *(re2.escape(key) for key in keys)])
        name = rf"(?:[\w-]*(?:{_ENDINGS})|\b(?:[\w-]*[_-])?(?:{words}))"
        self._own = [_compile(pattern.removeprefix("~ ")) for pattern in patterns]
        self._hints = _compile(rf"(?i:{name})\\*[\"']?[ \t]*[=:]|--(?i:{name})|{_HINTS}")
        self._key = _compile(rf"(?i)^(?:.*(?:{_ENDINGS})|(?:.*[._-])?(?:{words}))$")
        self._steps = [_step(pattern, replacement) for pattern, replacement in (*_SHAPES, *_pairs(name))]

    def text(self, value: str) -> str:
        """``value`` with what looks like a secret replaced."""
        for pattern in self._own:
            value = pattern.sub(SCRUBBED, value)
        if self._hints.search(value) is None:
            return value
        for step in self._steps:
            value = step(value)
        return value

    def mapping(self, values: Mapping[str, str]) -> dict[str, str]:
        """The values of telling names go altogether, the others are read as text."""
        return {name: SCRUBBED if self._key.search(name) else self.text(value) for name, value in values.items()}


Replacement = str | Callable[[Any], str]


def _pairs(name: str) -> tuple[tuple[str, Replacement], ...]:
    """A telling name and its value, as JSON (also inside a string), Python, a query, a log line or a command has it."""
    key = rf"(?i)(\bunexpected\s+)?({name}"
    return (
        (_SCHEMES, _scheme),
        (_CARD, _card),
        (rf"""{key}\\+["'][ \t]*[=:][ \t]*\\+["'])([^"'\\\n]+)""", _value),
        (rf"""{key}["']?[ \t]*[=:][ \t]*[bru]?")((?:[^"\\\n]|\\.)+)""", _value),
        (rf"""{key}["']?[ \t]*[=:][ \t]*[bru]?')((?:[^'\\\n]|\\.)+)""", _value),
        (rf"""{key} ?= ?)([^\s"'&,;)\]}}]+)""", _value),
        (rf"""{key}["']?:[ \t]*)([^\s"',;)\]}}]{{6,}})""", _made_value),
        (rf"""(?i)()(--{name}[ \t]+)([^\s"'-][^\s"']*)""", _value),
    )


def _value(found: Any) -> str:
    """An unexpected token is a parser's word and no secret; what was replaced before stays as it is."""
    unexpected, key, value = found.groups()
    return str(found.group() if unexpected or value.startswith(SCRUBBED[:-1]) else key + SCRUBBED)


def _made_value(found: Any) -> str:
    """After a colon stands prose as often ("token: expired"): only what looks made by a machine is a value."""
    return _value(found) if _looks_made(found.group(3)) else str(found.group())


def _looks_made(value: str) -> bool:
    return any(sign.isdigit() or sign in "!#$%^&*+=" for sign in value)


def _scheme(found: Any) -> str:
    """ "Basic authentication" and "bearer credentials" are prose."""
    scheme, value = found.groups()
    prose = value.isalpha() and (value.islower() if scheme.lower().startswith("basic") else value.lower() in _PROSE)
    return str(found.group()) if prose else scheme + SCRUBBED


_PROSE = frozenset({"authentication", "authorization", "authorisation", "credential", "credentials"})


def _card(found: Any) -> str:
    """Luhn's check digit (ISO/IEC 7812-1) tells a card from another long number."""
    text = str(found.group())
    digits = [int(sign) for sign in reversed(text) if sign.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[1::2]]
    return text if (sum(digits[::2]) + sum(doubled)) % 10 else SCRUBBED


def _step(pattern: str, replacement: Replacement) -> Callable[[str], str]:
    compiled = _compile(pattern)
    return lambda text: str(compiled.sub(replacement, text))


def _compile(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else error
        raise ValueError(f"the pattern {pattern!r} does not compile as RE2: {reason}") from None
