"""Which functions did an error pass through? Stack texts of Python, JavaScript, Java, Go and Ruby → (module, function).

Only frames of the user's own code count, and no line numbers: code moves, faults stay.
"""

import re
from collections import Counter
from collections.abc import Iterator

MOST_LINES = 400
MOST_FRAMES = 12
_LONGEST_LINE = 600

Frame = tuple[str, str]

_PYTHON = re.compile(r'^\s*File "([^"]{1,500})", line \d+, in (\S{1,200})')
_JAVASCRIPT = re.compile(r"^\s*at (?:async )?(?:([\w$.<>\[\] ]{1,200}) \()?([/\w][^()\s]{0,400}):\d+:\d+\)?(?: \{)?$")
_JAVA = re.compile(
    r"^\s*at (?:[\w.@-]{0,100}/{1,2})?([\w$.]{1,300})\.([\w$<>]{1,200})"
    r"\((?:[\w$]+\.(?:java|kt|scala|groovy)(?::\d+)?|Native Method|Unknown Source)\)"
)
_GO = re.compile(r"^((?:[\w.-]{1,100}/){0,20}[\w-]{1,100})\.((?:\(\*?\w+\)\.)?[\w.]{1,200})\(.{0,400}\)$")
_RUBY = re.compile(r"^\s*(?:from )?([^\s:]{1,400}\.rb):\d+:in [`'](?:[^'`]*[ #.])?([^'`]{1,200})'")

_FOREIGN = (
    "site-packages/", "dist-packages/", "/lib/python", "\\lib\\", "node_modules/", "/usr/lib/", "/gems/", "/ruby/",
    "/go/pkg/mod/", "/usr/local/go/",
)  # fmt: skip
_FOREIGN_START = ("<", "node:", "internal/")
_FOREIGN_JAVA = ("java.", "javax.", "jdk.", "sun.", "kotlin.", "scala.", "org.springframework.", "io.netty.")
_FOREIGN_GO = ("runtime", "net/http", "testing", "reflect", "panic")
# A folder made for one release or one run, and the hash that a bundler puts behind a file's name.
_PASSING_FOLDER = re.compile(r"^tmp|\d{4}|^[0-9a-f-]{8,}$")
_VERSION = re.compile(r"[-_@.]?v?\d+\.\d[\w.+-]*$")
_LONGEST_FOLDER = 80
_MINIFIED = 2  # letters: what a minifier calls a function, anew in each build
_BRANCH = re.compile(r"^[ |]{0,200}(?:\+-)?\+-{16} (\d{1,6}) -{16}$", re.MULTILINE)
_DRAWN = re.compile(r"^(?: *[|+])+ ?")
_BUILD_HASH = re.compile(r"[.-](?:[0-9a-f]{8,}|[A-Z0-9]{8})$")


def in_app_frames(stack: str) -> tuple[Frame, ...]:
    """The innermost frames of the user's own code, as (module, function), in the order of the text. Functions that call
    themselves or each other are one frame each, however deep; of a group of exceptions the first one's count."""
    stack = first_of_group(stack)
    innermost_last = 'File "' in stack  # Python; the others tell the innermost frame first
    lines = stack.splitlines()
    lines = lines[-MOST_LINES:] if innermost_last else lines[:MOST_LINES]
    found = [frame for line in lines if len(line) <= _LONGEST_LINE for frame in _frame(line)]
    if innermost_last:
        return tuple(reversed(_once_each(found[::-1])[:MOST_FRAMES]))
    return tuple(_once_each(found)[:MOST_FRAMES])


def _once_each(innermost_first: list[Frame]) -> list[Frame]:
    """Where a circle of calls is broken off is chance: then its functions stand in alphabetical order."""
    times = Counter(innermost_first)
    frames = list(times)
    if not frames or times[frames[0]] == 1:
        return frames
    circle = [frame for frame in frames if times[frame] > 1]
    return [*sorted(circle), *(frame for frame in frames if times[frame] == 1)]


def first_of_group(stack: str) -> str:
    """Python's ``ExceptionGroup`` draws a tree of tracebacks: the trunk and its first branch, without the drawing."""
    if not _BRANCH.search(stack):
        return stack
    lines = []
    for line in stack.splitlines():
        branch = _BRANCH.match(line)
        if branch and branch[1] != "1":
            break
        if not branch:
            lines.append(_DRAWN.sub("", line))
    return "\n".join(lines)


def _frame(line: str) -> Iterator[Frame]:
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


def _of_file(path: str, function: str) -> Iterator[Frame]:
    if not path.startswith(_FOREIGN_START) and not any(mark in path for mark in _FOREIGN):
        module, is_built = _module(path)
        yield module, "<minified>" if is_built and len(function) <= _MINIFIED else function


def _module(path: str) -> tuple[str, bool]:
    """The file's name with its folder: where the rest is installed differs from machine to machine. And whether the
    name is one that a bundler made for this build."""
    *folders, name = path.replace("\\", "/").split("?")[0].split("/")
    built = name.rsplit(".", 1)[0]
    stem = _BUILD_HASH.sub("", built)
    folder = folders[-1] if folders and len(folders[-1]) <= _LONGEST_FOLDER else ""
    folder = _VERSION.sub("", folder)
    return f"{folder}/{stem}" if folder and not _PASSING_FOLDER.search(folder) else stem, stem != built
