"""What *is* this fault? A versioned hash of ordered components, kept with it to answer "why grouped"."""

from collections.abc import Sequence
from functools import lru_cache

from rules.causes import bare, innermost_type
from rules.frames import Frame, in_app_frames
from rules.identity import digest
from rules.model import ErrorInfo, Fingerprint
from rules.normalise import normalise, status_in

FINGERPRINT_VERSION = 1
_SHORT = 8 * 1024  # characters: 4,096 errors are remembered at most, and 4,096 long ones would take 300 MB
_PLACES = frozenset({"workflow", "step"})
Component = tuple[str, str]


def _default(workflow: str, step: str, error: ErrorInfo) -> Fingerprint:
    short = len(error.stack) + len(error.message) < _SHORT
    return _remembered(workflow, step, error) if short else _made(workflow, step, error)


@lru_cache(maxsize=4096)
def _remembered(workflow: str, step: str, error: ErrorInfo) -> Fingerprint:
    return _made(workflow, step, error)


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
    frames = _frames(error.stack) if error.stack else ()
    if frames:
        code = status_in(error.message)
        status = [("status", code)] if code else []
        return [*status, *(("frame", f"{module} in {function}") for module, function in frames)]
    return [("message", normalise(error.message))] if error.message else []


def _frames(stack: str) -> tuple[Frame, ...]:
    return _remembered_frames(stack) if len(stack) < _SHORT else in_app_frames(stack)


_remembered_frames = lru_cache(maxsize=1024)(in_app_frames)


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
    made = tuple(components)
    return _hashed(made) if sum(len(text) for _, text in made) < _SHORT else _hashed.__wrapped__(made)


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
