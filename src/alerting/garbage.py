"""When is memory looked through for circles? Not while a batch is worked on, and never what was there at the start.

A batch makes hundreds of thousands of objects that live until it is committed, and nearly none in a circle: looking at
each of them again and again took a quarter of a worker's time.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_OFTEN = 20_000  # new objects; Python's 700 are a few requests


def settle_down() -> None:
    """All that is there by now stays: modules, configuration. To be called when a process is ready."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OFTEN)


@contextmanager
def undisturbed() -> Iterator[None]:
    """No collection until the block ends; what it left over is found by the next one."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
