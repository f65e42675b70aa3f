"""What is promised but not there yet? Such a key is refused by name; nothing a user writes is silently ignored."""

from typing import Any

TOP = frozenset({"reports"})


def planned(value: dict[str, Any]) -> list[str]:
    """The keys of the file that a later version will know."""
    return [key for key in value if key in TOP]
