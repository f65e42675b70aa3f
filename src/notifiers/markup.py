"""How does text get into a chat service's markup? Escaped, cut where no escape is, and linked to addresses only."""

import re
from collections.abc import Callable, Iterable

from notifiers.wording import cut

_ADDRESS = re.compile(r"https?://[^\s/]", re.IGNORECASE)
_NO_ADDRESS_SIGN = re.compile(r"[^!-~]|[<>|()\[\]{}\"\\^`*]")  # what ends a link or formats, or is no ASCII


def size(text: str) -> int:
    """In UTF-16 units, the strictest way of counting that a service may have."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def fitted(text: str, most: int, escape: Callable[[str], str]) -> str:
    """Escaped, and cut before that, so that it fits."""
    keep = most
    escaped = escape(cut(text, keep))
    while size(escaped) > most and keep > 1:
        keep = max(1, min(keep, len(text)) - max(1, (size(escaped) - most) // 6))
        escaped = escape(cut(text, keep))
    return escaped


def joined(lines: Iterable[str], most: int, between: str = "\n") -> str:
    """As many of the lines as fit, whole; one that does not is left out."""
    kept = ""
    for line in lines:
        if len(kept) + len(line) <= most:  # a cheap look first: there may be very many
            longer = f"{kept}{between}{line}" if kept else line
            kept = longer if size(longer) <= most else kept
    return kept


def web_address(url: str, most: int) -> str:
    """``url`` with nothing in it that would end a link early; "" for what is no address of the web, or too long."""
    whole = url.strip()
    found = _NO_ADDRESS_SIGN.sub(_percent, whole) if len(whole) <= most and _ADDRESS.match(whole) else ""
    return found if len(found) <= most else ""


def _percent(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "replace"))
