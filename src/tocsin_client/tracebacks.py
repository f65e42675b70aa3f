"""What does an exception look like to Tocsin? Its type, message and stack, as Python prints them."""

from __future__ import annotations

import traceback

MOST = 64_000


def stack_of(error: BaseException) -> str:
    """With its causes. Of one that is too long the end, where the error itself stands."""
    try:
        return "".join(traceback.format_exception(type(error), error, error.__traceback__))[-MOST:]
    except Exception:  # noqa: BLE001 - an exception whose own text fails is still one
        return ""


def error_of(error: BaseException) -> dict[str, str]:
    return {"type": type(error).__name__, "message": str(error), "stack": stack_of(error)}
