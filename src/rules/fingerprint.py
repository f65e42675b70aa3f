"""What *is* this fault? A versioned hash of ordered components, kept with it to answer "why grouped"."""

from collections.abc import Hashable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from rules.causes import bare, innermost_type
from rules.frames import in_app_frames
from rules.identity import digest
from rules.model import ErrorInfo, Fingerprint
from rules.normalise import normalise, status_in

if TYPE_CHECKING:
    from functools import _lru_cache_wrapper

T = TypeVar("T")
FINGERPRINT_VERSION = 1
_SHORT = 8 * 1024  # characters: 4,096 errors are remembered at most, and 4,096 long ones would take 300 MB
_PLACES = frozenset({"workflow", "step"})
Component = tuple[str, str]


def _default(workflow: str, step: str, error: ErrorInfo) -> Fingerprint:
    return _unless_long(_made, len(error.stack) + len(error.message), workflow, step, error)


def _unless_long(made: "_lru_cache_wrapper[T]", length: int, *of: Hashable) -> T:
    """Remembered where it is of little text."""
    return made(*of) if length < _SHORT else made.__wrapped__(*of)


@lru_cache(maxsize=4096)
def _made(workflow: str, step: str, error: ErrorInfo) -> Fingerprint:
    components: list[Component] = [("workflow", workflow)]
    if step:
        components.append(("step", step))
    kind = bare(error.cause_type) or innermost_type(error)
    if kind:
        components.append(("error.type", kind))
    components.extend(_evidence(error))
    return _of(components)


def _evidence(error: ErrorInfo) -> list[Component]:
    """The frames of the user's own code, with a status code, for a 404 is no 503; else the message without its data."""
    frames = _unless_long(_frames, len(error.stack), error.stack) if error.stack else ()
    if frames:
        code = status_in(error.message)
        status = [("status", code)] if code else []
        return [*status, *(("frame", f"{module} in {function}") for module, function in frames)]
    return [("message", normalise(error.message))] if error.message else []


_frames = lru_cache(maxsize=1024)(in_app_frames)


def fingerprint(workflow: str, step: str, error: ErrorInfo | None, override: Sequence[str] = ()) -> Fingerprint:
    """``override`` is a user's own list of components; ``{{default}}`` in it stands for all of ours."""
    default = _default(workflow, step, error or ErrorInfo())
    if not override:
        return default
    components: list[Component] = []
    for part in override:
        components.extend(default.components if part == "{{default}}" else [("override", part)])
    return _of(components)


def _of(components: list[Component]) -> Fingerprint:
    return _unless_long(_hashed, sum(len(text) for _, text in components), tuple(components))


@lru_cache(maxsize=4096)
def _hashed(components: tuple[Component, ...]) -> Fingerprint:
    version = str(FINGERPRINT_VERSION)
    everywhere = [component for component in components if component[0] not in _PLACES]
    return Fingerprint(
        group=digest("group", version, *(text for component in components for text in component)),
        cause=digest("cause", version, *(text for component in everywhere for text in component)),
        version=FINGERPRINT_VERSION,
        components=components,
    )
