"""Which functions did an error pass through? Stack texts of Python, JavaScript, Java, Go and Ruby → (module, function).

Only frames of the user's own code count, and no line numbers: code moves, faults stay.
"""

import re
from collections.abc import Iterator

MOST_LINES = 400
MOST_FRAMES = 12

_PYTHON = re.compile(r'^\s*File "([^"]{1,500})", line \d+, in (\S{1,200})')
_JAVASCRIPT = re.compile(
    r"^\s*at (?:async )?(?:([\w$.<>\[\] ]{1,200}) \()?((?:file://|webpack://|node:|/|[A-Za-z]:\\|\w)[^()\s]{0,400}):\d+:\d+\)?$"
)
_JAVA = re.compile(
    r"^\s*at ([\w$.]{1,300})\.([\w$<>]{1,200})"
    r"\((?:[\w$]+\.(?:java|kt|scala|groovy)(?::\d+)?|Native Method|Unknown Source)\)"
)
_GO = re.compile(r"^([\w./-]{1,300})\.((?:\(\*?\w+\)\.)?[\w.]{1,200})\(.{0,400}\)$")
_RUBY = re.compile(r"^\s*(?:from )?([^\s:]{1,400}\.rb):\d+:in [`'](?:[^'`]*[ #.])?([^'`]{1,200})'")

_FOREIGN = (
    "site-packages/", "dist-packages/", "/lib/python", "\\lib\\", "<frozen ", "<string>", "node_modules/", "node:",
    "internal/", "/usr/lib/", "/gems/", "/ruby/", "/go/pkg/mod/", "/usr/local/go/",
)  # fmt: skip
_FOREIGN_JAVA = ("java.", "javax.", "jdk.", "sun.", "kotlin.", "scala.", "org.springframework.", "io.netty.")
_FOREIGN_GO = ("runtime", "net/http", "testing", "reflect", "panic")


def in_app_frames(stack: str) -> tuple[tuple[str, str], ...]:
    """The innermost frames of the user's own code, as (module, function), in the order of the text."""
    frames = [frame for line in stack.splitlines()[:MOST_LINES] for frame in _frame(line)]
    return tuple(frames[-MOST_FRAMES:] if _is_python(stack) else frames[:MOST_FRAMES])


def _is_python(stack: str) -> bool:
    """Python tells the innermost frame last, the others tell it first."""
    return 'File "' in stack


def _frame(line: str) -> Iterator[tuple[str, str]]:
    if len(line) > 1_500:
        return
    if found := _PYTHON.match(line):
        yield from _of_file(found[1], found[2])
    elif found := _JAVA.match(line):
        if not found[1].startswith(_FOREIGN_JAVA):
            yield found[1], found[2]
    elif found := _JAVASCRIPT.match(line):
        yield from _of_file(found[2], (found[1] or "<anonymous>").strip())
    elif found := _RUBY.match(line):
        yield from _of_file(found[1], found[2])
    elif (found := _GO.match(line)) and not found[1].startswith(_FOREIGN_GO):
        yield found[1], found[2]


def _of_file(path: str, function: str) -> Iterator[tuple[str, str]]:
    if not any(mark in path for mark in _FOREIGN):
        yield _module(path), function


def _module(path: str) -> str:
    """The file's name with its folder: where it is installed differs from machine to machine."""
    parts = path.replace("\\", "/").split("?")[0].split("/")
    stem = parts[-1].rsplit(".", 1)[0]
    folder = parts[-2] if len(parts) > 1 else ""
    return f"{folder}/{stem}" if folder else stem
