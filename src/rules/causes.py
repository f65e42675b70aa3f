"""What was it really? The innermost cause's type, under the wrappers that engines put around it."""

import re
from functools import lru_cache

from rules.frames import first_of_group
from rules.model import ErrorInfo

MOST = 64 * 1024
WRAPPERS = frozenset({
    "ActivityError", "ActivityFailure", "ApplicationError", "ChildWorkflowError", "WorkflowFailureError",
    "DBOSMaxStepRetriesExceeded", "DagsterExecutionStepExecutionError", "Retry", "RetryTaskError", "ChordError",
    "ExceptionGroup", "ExecutionException", "CompletionException", "RuntimeException", "AirflowException",
    "NonRetriableError", "RetryAfterError", "UnhandledError",
})  # fmt: skip
_GROUPS = frozenset({"ExceptionGroup", "BaseExceptionGroup"})
_DIRECT = "The above exception was the direct cause of the following exception:"
_DURING = "During handling of the above exception, another exception occurred:"
_PYTHON_TYPE = re.compile(r"([A-Za-z_][\w.]{0,200})(?::|$)")
_JAVA_CAUSE = re.compile(r"^\s*Caused by: ([\w$.]{1,300})", re.MULTILINE)
_JS_CAUSE = re.compile(r"\[cause\]: (?:\[?)([A-Za-z_$][\w$.]{0,200})")
_MODULE = re.compile(r"[.:$/]")


def bare(name: str) -> str:
    """The class name without its module or package: ``shop.errors.CardDeclined`` → ``CardDeclined``."""
    return _MODULE.split(name.strip())[-1] or name.strip()


def innermost_type(error: ErrorInfo) -> str:
    """The bare class name of the innermost cause that the stack tells; the error's own type where it tells none.

    Python: only a direct cause (``raise … from``) is a cause; an error while handling another is a fault of its own,
    unless the outer one is a known wrapper.
    """
    return _innermost(error.type, error.stack)


@lru_cache(maxsize=256)
def _innermost(told: str, whole: str) -> str:
    stack, own = whole[:MOST], bare(told)
    if own in _GROUPS:
        return _python_type(first_of_group(stack)) or own
    if _DIRECT in stack:
        return _python_type(stack.split(_DIRECT, 1)[0]) or own
    if _DURING in stack:
        return (_python_type(stack.split(_DURING, 1)[0]) if own in WRAPPERS else "") or own
    causes = _JAVA_CAUSE.findall(stack) or _JS_CAUSE.findall(stack)
    return bare(causes[-1]) if causes else own


def _python_type(traceback: str) -> str:
    """The type at the end of the last traceback: the first line after its frames that is not indented. What follows
    is the rest of a message of several lines."""
    lines = traceback.splitlines()
    last_frame = max((at for at, line in enumerate(lines) if line.lstrip().startswith('File "')), default=-1)
    after = (line for line in lines[last_frame + 1 :] if line and not line.startswith((" ", "Traceback")))
    found = _PYTHON_TYPE.match(next(after, ""))
    return bare(found[1]) if found else ""
