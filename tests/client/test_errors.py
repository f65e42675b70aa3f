"""Which error do the last lines of a program tell of?"""

import subprocess
import sys

import pytest

from tocsin_client.errors import error_of_code, exception_in, signal_name

PYTHON = """\
Traceback (most recent call last):
  File "/app/job.py", line 3, in <module>
    main()
    ~~~~^^
  File "/app/job.py", line 2, in main
    raise shop.errors.CardDeclined("no funds: order 7")
shop.errors.CardDeclined: no funds: order 7
"""
NODE = """\
/app/job.js:2
    throw new TypeError("no funds\\nat all");
    ^

TypeError: no funds
at all
    at main (/app/job.js:2:11)
    at Object.<anonymous> (/app/job.js:4:1) {
  [cause]: RangeError: too much
      at main (/app/job.js:1:9)
}

Node.js v20.1.0
"""
JAVA = """\
Exception in thread "main" java.lang.IllegalStateException: no funds
\tat shop.Job.main(Job.java:7)
"""


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (PYTHON, ("shop.errors.CardDeclined", "no funds: order 7")),
        (f"{PYTHON}\nDuring handling of the above exception, another exception occurred:\n\n"
         + PYTHON.replace("CardDeclined: no", "Gone: no"), ("shop.errors.Gone", "no funds: order 7")),
        (PYTHON + "cleaning up\ndone\n", ("shop.errors.CardDeclined", "no funds: order 7")),
        ('  File "job.py", line 1\n    f(\n     ^\nSyntaxError: \'(\' was never closed\n',
         ("SyntaxError", "'(' was never closed")),
        ('Traceback (most recent call last):\n  File "a.py", line 1, in <module>\nKeyboardInterrupt\n',
         ("KeyboardInterrupt", "")),
        (NODE, ("TypeError", "no funds")),
        (JAVA, ("java.lang.IllegalStateException", "no funds")),
    ],
)  # fmt: skip
def test_an_exception_at_the_end_is_the_error(text, error):
    assert exception_in(text.splitlines()) == error


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tar: /backup: No space left on device\n",
        PYTHON + "going on\n" * 30,
        NODE + "going on\n" * 30,
        "we looked\n   at least twice\n",
        'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    f()\n',
        'Traceback (most recent call last):\n  File "a.py", line 1, in f\nand then some prose\n',
    ],
)
def test_anything_else_is_none(text):
    assert exception_in(text.splitlines()) is None


def test_what_this_python_and_this_node_write_is_understood():
    programs = [[sys.executable, "-c", "def f():\n {}['k']\nf()"]]
    if subprocess.run(["sh", "-c", "command -v node"], capture_output=True).returncode == 0:
        programs.append(["node", "-e", "function f() { null.k } f()"])
    found = []
    for program in programs:
        said = subprocess.run(program, capture_output=True, text=True, timeout=30).stderr.splitlines()
        found.append(exception_in(said))
    assert found[0] == ("KeyError", "'k'")
    assert [kind for kind, _ in found[1:]] == ["TypeError"] * len(found[1:])


@pytest.mark.parametrize(
    ("code", "complained", "told", "error"),
    [
        (3, ["a", "disk full", ""], ["x"], ("NonZeroExit", "exit code 3: disk full")),
        (3, [], ["x", "y"], ("NonZeroExit", "exit code 3: y")),
        (3, [], [], ("NonZeroExit", "exit code 3")),
        (127, ["sh: 1: nosuch: not found"], [], ("CommandNotFound", "exit code 127: sh: 1: nosuch: not found")),
        (126, [], [], ("NotExecutable", "exit code 126")),
        (1, PYTHON.splitlines(), ["done"], ("shop.errors.CardDeclined", "no funds: order 7")),
        (1, ["npm failed"], JAVA.splitlines(), ("java.lang.IllegalStateException", "no funds")),
    ],
)
def test_an_exit_code_is_told_with_the_last_line(code, complained, told, error):
    assert error_of_code(code, complained, told) == error


def test_signals_have_names():
    assert (signal_name(9), signal_name(64 - 1)) == ("SIGKILL", "signal 63")
