"""Which part of a message is the fault, and which is only this time's data? Data becomes placeholders.

Linear in the text, whatever the text: RE2, but for two plain patterns. HTTP-like status codes stay, since a 404 is not
a 500.
"""

import re
from typing import Any

import re2

MOST = 2_000
_KEEP = "\x00"

_STATUS = re2.compile(
    r"(?i)\b(status(?:[ _-]?code)?|code|http(?:/[\d.]+)?|response|returned|responded with|error)"
    r"([\"']?[ :=(]+)([1-5]\d\d)\b"
)
# As libraries of HTTP tell a status: its code and phrase, or which kind of error it is. Phrases of RFC 9110, section
# 15, its predecessors, RFC 4918, 6585, 7725, 8470; written out, for a fingerprint must not change with a Python.
_PHRASES = r"""
400 Bad Request|401 Unauthorized|402 Payment Required|403 Forbidden|404 Not Found|405 Method Not Allowed
406 Not Acceptable|407 Proxy Authentication Required|408 Request Time-?[Oo]ut|409 Conflict|410 Gone|411 Length Required
412 Precondition Failed|413 (?:Content|Payload|Request Entity) Too Large|414 (?:Request-)?URI Too Long
415 Unsupported Media Type|416 (?:Requested )?Range Not Satisfiable|417 Expectation Failed|421 Misdirected Request
422 Unprocessable (?:Content|Entity)|423 Locked|424 Failed Dependency|425 Too Early|426 Upgrade Required
428 Precondition Required|429 Too Many Requests|431 Request Header Fields Too Large|451 Unavailable For Legal Reasons
500 Internal Server Error|501 Not Implemented|502 Bad Gateway|503 Service (?:Temporarily )?Unavailable
504 Gateway Time-?[Oo]ut|505 HTTP Version Not Supported|507 Insufficient Storage|508 Loop Detected
511 Network Authentication Required|[45]\d\d (?:Client|Server) Error|[45]\d\d, message=
"""
_PHRASED = re2.compile(rf"(^|[^\w.])({'|'.join(_PHRASES.split(chr(10))[1:-1])})")
# Words that leave little doubt which number this is.
_SURE = re2.compile(
    r"(?i)\b(status(?:[ _-]?code)?|http(?:/[\d.]+)?(?: error)?|responded with|error occurred)"
    r"([\"']?[ :=(]+)([45]\d\d)\b"
)
_ID_OF_PARTS = r"\b\w*\d\w*[-_]\w*\d\w*(?:[-_]\w+)*\b"
Rule = tuple[str, str, str]
# The first of each is what the text must hold for the pattern to be worth a try.
_TEXTS: tuple[Rule, ...] = (
    ("://", r"(?i)\b[a-z][a-z0-9+.-]*://[^\s'\"<>)\]]+", "<url>"),
    ("@", r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", "<email>"),
    ('"', r"\"[^\"\n]*\"", "<text>"),
    ("`", r"`[^`\n]*`", "<text>"),
    ("'", r"(^|[\s(\[{=:,])'[^'\n]*'", r"\1<text>"),
    ("/", r"(^|[\s(=:,])(?:/[\w.@~+-]+){2,}", r"\1<path>"),
    ("\\", r"(^|[\s(=:,])(?:[A-Za-z]:)?(?:\\[\w.@~+-]+){2,}", r"\1<path>"),
)
_NUMBERS: tuple[Rule, ...] = (
    ("-", r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?(?:Z|[+-]\d\d:?\d\d)?", "<time>"),
    (":", r"\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b", "<time>"),
    ("-", r"(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "<id>"),
    ("", r"\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b", "<id>"),
    (".", r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b", "<ip>"),
    (":", r"(?i)\b[0-9a-f]{1,4}(?::{1,2}[0-9a-f]{1,4}){3,7}\b", "<ip>"),
    ("0x", r"\b0x[0-9A-Fa-f]+\b", "<hex>"),
    ("", r"(?i)\b(?:[a-f]*\d[0-9a-f]*[a-f]|[a-f]+[0-9a-f]*\d)[0-9a-f]{6,}\b", "<hex>"),
    ("-", _ID_OF_PARTS, "<id>"),
    ("_", _ID_OF_PARTS, "<id>"),
)
_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)*")  # where each part ends is plain: linear as well
_COMPILED = {pattern: re2.compile(pattern) for _, pattern, _ in (*_TEXTS, *_NUMBERS)}
_DIGIT = re.compile(r"[0-9]")
_THREE_DIGITS = re.compile(r"[1-5][0-9][0-9](?![0-9])")  # every status is one: most messages need no longer look
_SPACE = re.compile(r"[ \t\n\f\r]+")  # one class, repeated: linear in any engine, and ten times as fast in this one
_KEPT = re2.compile(f"{_KEEP}(\\w)(\\w)(\\w){_KEEP}")
_LETTERS = str.maketrans("0123456789", "abcdefghij")
_DIGITS = str.maketrans("abcdefghij", "0123456789")


def normalise(message: str) -> str:
    """The message with ids, numbers, times, addresses, urls, paths and quoted text replaced."""
    text = message[:MOST].replace(_KEEP, "").encode("utf-8", "replace").decode()
    numbered = _DIGIT.search(text) is not None
    if numbered and _THREE_DIGITS.search(text):
        text = _PHRASED.sub(_put_phrase_aside, _STATUS.sub(_put_aside, text))
    text = _replaced(text, _TEXTS)
    if numbered:
        text = _NUMBER.sub("<n>", _replaced(text, _NUMBERS))
        text = _KEPT.sub(_put_back, text) if _KEEP in text else text
    return _SPACE.sub(" ", text).strip()


def status_in(message: str) -> str:
    """The HTTP status of a failed request that the message tells for certain; "" where it tells none."""
    if not _THREE_DIGITS.search(message, 0, MOST):
        return ""
    phrased = _PHRASED.search(message[:MOST])
    if phrased:
        return str(phrased.group(2)[:3])
    sure = _SURE.search(message[:MOST])
    return str(sure.group(3)) if sure else ""


def _replaced(text: str, rules: tuple[Rule, ...]) -> str:
    for mark, pattern, placeholder in rules:
        if mark in text:
            text = _COMPILED[pattern].sub(placeholder, text)
    return text


def _put_aside(status: Any) -> str:
    """A status code written in letters, out of the reach of the patterns for numbers."""
    return f"{status.group(1)}{status.group(2)}{_hidden(status.group(3))}"


def _put_phrase_aside(status: Any) -> str:
    code, phrase = status.group(2)[:3], status.group(2)[3:]
    return f"{status.group(1)}{_hidden(code)}{phrase}"


def _hidden(code: str) -> str:
    return f"{_KEEP}{code.translate(_LETTERS)}{_KEEP}"


def _put_back(kept: Any) -> str:
    return "".join(kept.groups()).translate(_DIGITS)
