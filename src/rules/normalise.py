"""Which part of a message is the fault, and which is only this time's data? Data becomes placeholders.

RE2 only: linear in the text, whatever the text. HTTP-like status codes stay, since a 404 is not a 500.
"""

import re2

MOST = 2_000
_KEEP = "\x00"

_STATUS = re2.compile(
    r"(?i)\b(status(?:[ _-]?code)?|code|http(?:/[\d.]+)?|returned|responded with|error)([ :=]+)([1-5]\d\d)\b"
)
_RULES = [
    (re2.compile(pattern), placeholder)
    for pattern, placeholder in (
        (r"(?i)\b[a-z][a-z0-9+.-]*://[^\s'\"<>)\]]+", "<url>"),
        (r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", "<email>"),
        (r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?(?:Z|[+-]\d\d:?\d\d)?", "<time>"),
        (r"\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b", "<time>"),
        (r"(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "<id>"),
        (r"\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b", "<id>"),
        (r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b", "<ip>"),
        (r"(?i)\b[0-9a-f]{0,4}(?::[0-9a-f]{1,4}){4,7}\b", "<ip>"),
        (r"\"[^\"\n]*\"", "<text>"),
        (r"`[^`\n]*`", "<text>"),
        (r"(^|[\s(\[{=:,])'[^'\n]*'", r"\1<text>"),
        (r"(^|[\s(=:,])(?:[A-Za-z]:)?(?:[/\\][\w.@~+-]+){2,}", r"\1<path>"),
        (r"(?i)\b0x[0-9a-f]+\b", "<hex>"),
        (r"(?i)\b(?:[a-f]*\d[0-9a-f]*[a-f]|[a-f]+[0-9a-f]*\d)[0-9a-f]{6,}\b", "<hex>"),
        (r"\b\w*\d\w*[-_]\w*\d\w*(?:[-_]\w+)*\b", "<id>"),
        (r"\d+(?:[.,]\d+)*", "<n>"),
    )
]
_SPACE = re2.compile(r"\s+")
_KEPT = re2.compile(f"{_KEEP}(\\w)(\\w)(\\w){_KEEP}")
_LETTERS = str.maketrans("0123456789", "abcdefghij")
_DIGITS = str.maketrans("abcdefghij", "0123456789")


def normalise(message: str) -> str:
    """The message with ids, numbers, times, addresses, urls, paths and quoted text replaced."""
    text = message[:MOST].replace(_KEEP, "")
    text = _STATUS.sub(lambda m: f"{m.group(1)}{m.group(2)}{_KEEP}{m.group(3).translate(_LETTERS)}{_KEEP}", text)
    for pattern, placeholder in _RULES:
        text = pattern.sub(placeholder, text)
    text = _KEPT.sub(lambda m: "".join(m.groups()).translate(_DIGITS), text)
    return str(_SPACE.sub(" ", text)).strip()
