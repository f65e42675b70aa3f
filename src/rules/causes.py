"""What was it really? The innermost cause's type, under the wrappers that engines put around it."""

import re

from rules.model import ErrorInfo

MOST = 64 * 1024
WRAPPERS = frozenset({
    "ActivityError", "ApplicationError", "ChildWorkflowError", "WorkflowFailureError", "ActivityFailure",
    "DBOSMaxStepRetriesExceeded", "DagsterExecutionStepExecutionError", "RetryTaskError", "ExceptionGroup",
    "ExecutionException", "CompletionException", "RuntimeException", "AirflowException", "UnhandledError",
})  # fmt: skip
_PYTHON_CHAIN = (
    "The above exception was the direct cause of the following exception:",
    "During handling of the above exception, another exception occurred:",
)
_DIRECT = _PYTHON_CHAIN[0]
_PYTHON_LAST = re.compile(r"^([A-Za-z_][\w.]{0,200})(?::.{0,2000})?$")
_JAVA_CAUSE = re.compile(r"^\s*Caused by: ([\w$.]{1,300})", re.MULTILINE)
_JS_CAUSE = re.compile(r"\[cause\]: (?:\[?)([A-Za-z_$][\w$.]{0,200})")


def bare(name: str) -> str:
    """The class name without its module or package: ``shop.errors.CardDeclined`` → ``CardDeclined``."""
    return re.split(r"[.:$/]", name.strip())[-1] or name.strip()


def innermost_type(error: ErrorInfo) -> str:
    """The bare class name of the innermost cause that the stack tells; the error's own type where it tells none.

    Python: only a direct cause (``raise … from``) is a cause; an error while handling another is a fault of its own,
    unless the outer one is a known wrapper.
    """
    stack = error.stack[:MOST]
    own = bare(error.type)
    if _PYTHON_CHAIN[0] in stack or _PYTHON_CHAIN[1] in stack:
        return _python_cause(stack, own) or own
    causes = _JAVA_CAUSE.findall(stack) or _JS_CAUSE.findall(stack)
    return bare(causes[-1]) if causes else own


def _python_cause(stack: str, own: str) -> str:
    separator = _DIRECT if _DIRECT in stack else _PYTHON_CHAIN[1]
    if separator is not _DIRECT and own not in WRAPPERS:
        return own
    first = stack.split(separator, 1)[0]
    for line in reversed(first.rstrip().splitlines()[-40:]):
        if (found := _PYTHON_LAST.match(line)) and not line.startswith((" ", "Traceback")):
            return bare(found[1])
    return ""
