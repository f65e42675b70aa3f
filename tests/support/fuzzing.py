"""How many examples does a test of arbitrary input try? TOCSIN_FUZZ times as many where there is time."""

import os

from hypothesis import settings

TIMES = int(os.environ.get("TOCSIN_FUZZ") or "1")


def examples(usual: int) -> int:
    return usual * TIMES


def register() -> None:
    """For tests that do not say a number themselves: hypothesis' usual one."""
    settings.register_profile("tocsin", max_examples=examples(100), deadline=None)
    settings.load_profile("tocsin")
