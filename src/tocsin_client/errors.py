"""Which error do the last lines of a program tell of? The exception of a traceback, else what the exit code means."""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence

_PYTHON_PLACE = re.compile(r'^\s+File "[^"]*", line \d+')
_PYTHON_ERROR = re.compile(r"^([A-Za-z_][\w.]*)(?:: (.*))?$")
_CALL = re.compile(r"^\s+at .+(?::\d+\)?|\((?:Native Method|Unknown Source|<anonymous>)\))(?: \{)?$")
_THROWN = re.compile(
    r'^(?:Uncaught |Exception in thread "[^"]*" |Caused by: )?([A-Za-z_$][\w.$]*)(?: \[\w+\])?(?:: (.*))?$'
)
_NEAR_THE_END = 20
_LONGEST_MESSAGE = 8  # lines, between the name of a thrown error and its first call
_SHOWN = 2_000
_BY_CODE = {126: "NotExecutable", 127: "CommandNotFound"}


def exception_in(lines: Sequence[str]) -> tuple[str, str] | None:
    """(type, message) of an exception that ended the program. One told of long before the end did not."""
    return _python(lines) or _thrown(lines)


def _python(lines: Sequence[str]) -> tuple[str, str] | None:
    places = [index for index, line in enumerate(lines) if _PYTHON_PLACE.match(line)]
    for index in range(places[-1] + 1, len(lines)) if places else ():
        if lines[index][:1].strip():
            found = _PYTHON_ERROR.match(lines[index])
            near = len(lines) - index <= _NEAR_THE_END
            return (found[1], found[2] or "") if found and near else None
    return None


def _thrown(lines: Sequence[str]) -> tuple[str, str] | None:
    """As Node and Java write it: the error, perhaps over several lines, and then its calls."""
    calls = [index for index, line in enumerate(lines) if _CALL.match(line)]
    if not calls or len(lines) - calls[-1] > _NEAR_THE_END:
        return None
    for first in reversed([index for index in calls if index - 1 not in calls]):
        for index in range(first - 1, max(-1, first - 1 - _LONGEST_MESSAGE), -1):
            found = _THROWN.match(lines[index])
            if found:
                return found[1], found[2] or ""
    return None


def last_of(*texts: Sequence[str]) -> str:
    """The last line with anything on it, of the first text that has one."""
    for lines in texts:
        for line in reversed(lines):
            if line.strip():
                return line.strip()[:_SHOWN]
    return ""


def error_of_code(code: int, complained: Sequence[str], told: Sequence[str]) -> tuple[str, str]:
    """(type, message) for an exit code that is not 0, and the last lines of stderr and stdout."""
    found = exception_in(complained) or exception_in(told)
    if found:
        return found
    last = last_of(complained, told)
    return _BY_CODE.get(code, "NonZeroExit"), f"exit code {code}" + (f": {last}" if last else "")


def signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
