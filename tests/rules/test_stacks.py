"""Are the user's own frames and the innermost cause read out of stacks as languages write them?"""

import time
import traceback

import pytest

from rules.causes import bare, innermost_type
from rules.frames import MOST_FRAMES, in_app_frames
from rules.model import ErrorInfo

PYTHON = """Traceback (most recent call last):
  File "/app/shop/db.py", line 12, in connect
    return driver.open(url)
           ^^^^^^^^^^^^^^^^
  File "/app/.venv/lib/python3.11/site-packages/driver/core.py", line 88, in open
    raise OSError("refused")
driver.errors.Refused: could not connect
DETAIL: the server is away

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "<frozen runpy>", line 198, in _run_module_as_main
  File "/app/shop/pay.py", line 40, in charge
    db.connect()
shop.errors.PaymentFailed: no database
"""
JAVASCRIPT = """PaymentFailed: no database
    at charge (/app/src/pay.ts:40:11)
    at async Runner.step [as run] (file:///app/src/runner.mjs:7:3)
    at /app/dist/index-4f3a9c21.js:1:99
    at Object.run (/app/node_modules/lib/index.js:1:1)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5) {
  [cause]: ConnectionError: refused
      at connect (/app/src/db.ts:3:1) {
    [cause]: Error: ECONNREFUSED
  }
}"""
JAVA = """com.shop.PaymentFailed: no database
\tat com.shop.Pay.charge(Pay.java:40)
\tat app//com.shop.Runner$Step.<init>(Runner.java:7)
\tat java.base/java.lang.Thread.run(Thread.java:833)
\tat org.springframework.web.Servlet.service(Servlet.java:9)
Caused by: com.shop.DatabaseDown: refused
\tat com.shop.Db.connect(Db.java:12)
Caused by: java.net.ConnectException: Connection refused
\t... 12 more"""
GO = """panic: no database

goroutine 1 [running]:
panic({0x4a0, 0x1})
\t/usr/local/go/src/runtime/panic.go:884 +0x212
shop/pay.(*Charger).Charge(0xc000, {0x1, 0x2})
\t/app/pay/charge.go:40 +0x1d
main.main()
\t/app/main.go:9 +0x20
runtime.main()
\t/usr/local/go/src/runtime/proc.go:250 +0x1"""
RUBY = """/app/lib/pay.rb:40:in `charge': no database (PaymentFailed)
\tfrom /app/lib/runner.rb:7:in 'Runner#step'
\tfrom /usr/share/gems/rake/task.rb:1:in `execute'"""


@pytest.mark.parametrize(
    ("stack", "frames"),
    [
        (PYTHON, (("shop/db", "connect"), ("shop/pay", "charge"))),
        (
            JAVASCRIPT,
            (
                ("src/pay", "charge"),
                ("src/runner", "Runner.step [as run]"),
                ("dist/index", "<anonymous>"),
                ("src/db", "connect"),
            ),
        ),
        (JAVA, (("com.shop.Pay", "charge"), ("com.shop.Runner$Step", "<init>"), ("com.shop.Db", "connect"))),
        (GO, (("shop/pay", "(*Charger).Charge"), ("main", "main"))),
        (RUBY, (("lib/pay", "charge"), ("lib/runner", "step"))),
        ("PaymentFailed: no stack at all", ()),
        ("", ()),
    ],
    ids=["python", "javascript", "java", "go", "ruby", "none", "empty"],
)
def test_own_frames_are_read(stack, frames):
    assert in_app_frames(stack) == frames


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/tmp/tmpab12/flow.py", "/tmp/tmpzz98/flow.py"),
        ("/srv/releases/20261123/flow.py", "/srv/releases/20261201/flow.py"),
        (r"C:\jobs\app\flow.py", "/home/app/flow.py"),
    ],
)
def test_where_code_is_installed_does_not_matter(one, other):
    first, second = (in_app_frames(f'  File "{path}", line 1, in run') for path in (one, other))
    assert first == second != ()


def test_a_function_that_calls_itself_is_one_frame_however_deep():
    frame = '  File "/app/a.py", line 1, in walk\n'
    assert in_app_frames(frame * 3) == in_app_frames(frame * 300) == (("app/a", "walk"),)


def test_of_a_deep_stack_the_innermost_frames_stay():
    python = "\n".join(f'  File "/app/a.py", line 1, in f{n}' for n in range(1_000))
    javascript = "\n".join(f"    at f{n} (/app/a.js:1:1)" for n in range(1_000))
    assert [function for _, function in in_app_frames(python)] == [f"f{n}" for n in range(1_000 - MOST_FRAMES, 1_000)]
    assert [function for _, function in in_app_frames(javascript)] == [f"f{n}" for n in range(MOST_FRAMES)]


DURING = PYTHON.replace(
    "The above exception was the direct cause of the following exception:",
    "During handling of the above exception, another exception occurred:",
)


@pytest.mark.parametrize(
    ("kind", "stack", "cause"),
    [
        ("shop.errors.PaymentFailed", PYTHON, "Refused"),
        ("PaymentFailed", DURING, "PaymentFailed"),
        ("ActivityError", DURING, "Refused"),
        ("PaymentFailed", JAVASCRIPT, "Error"),
        ("com.shop.PaymentFailed", JAVA, "ConnectException"),
        ("PaymentFailed", GO, "PaymentFailed"),
        ("PaymentFailed", "", "PaymentFailed"),
        ("", "", ""),
    ],
    ids=["python", "while handling", "wrapper", "javascript", "java", "go", "no stack", "nothing"],
)
def test_the_innermost_cause_is_found(kind, stack, cause):
    assert innermost_type(ErrorInfo(kind, "", stack)) == cause


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("shop.errors.CardDeclined", "CardDeclined"),
        ("com.shop.Outer$Inner", "Inner"),
        ("Shop::Error", "Error"),
        ("github.com/shop/pay.Error", "Error"),
        ("Plain", "Plain"),
        ("503", "503"),
        ("odd.", "odd."),
    ],
)
def test_a_class_name_stands_without_its_module(name, own):
    assert bare(name) == own


def javascript(*frames):
    return "\n".join(["TypeError: no", *(f"    at {function} ({path}:3:7)" for function, path in frames)])


@pytest.mark.parametrize(
    "folder", ["shop-7.1.0", "shop-8.0.0", "shop_v7.2", "shop@1.0.0-rc.1", "shop-2.0+build7"], ids=str
)
def test_a_folder_named_for_a_release_is_known_by_its_name_alone(folder):
    assert in_app_frames(javascript(("main", f"/srv/{folder}/app.js"))) == (("shop/app", "main"),)


def test_a_folder_that_is_a_version_and_nothing_else_says_nothing():
    assert in_app_frames(javascript(("main", "/srv/7.1.0/app.js"))) == (("app", "main"),)


def test_what_a_minifier_called_a_function_is_not_believed():
    one, other = (
        in_app_frames(javascript((inner, f"/srv/dist/charts-{build}.js"), ("render", "/srv/src/reports.js")))
        for inner, build in (("e", "1f0c9a2e"), ("$t", "0b77aa31"))
    )
    assert one == other == (("dist/charts", "<minified>"), ("src/reports", "render"))


def test_a_circle_of_calls_is_the_same_wherever_it_broke_off():
    circle = [("weigh", "/srv/src/a.js"), ("each", "/srv/src/a.js"), ("weighAll", "/srv/src/a.js")]
    turned = [in_app_frames(javascript(*(circle * 4)[start : start + 10])) for start in range(3)]
    assert turned[0] == turned[1] == turned[2]
    assert len(turned[0]) == 3


def test_how_deep_a_recursion_went_before_the_fault_does_not_matter():
    fault, down = ("read", "/srv/src/a.js"), [("each", "/srv/src/a.js"), ("walk", "/srv/src/a.js")]
    assert in_app_frames(javascript(fault, *down)) == in_app_frames(javascript(fault, *down * 3))


def in_a_group(count):
    """As Python 3.11 and later prints it."""

    def fail(number):
        raise KeyError(f"no column {number}")

    failures = []
    for number in range(count):
        try:
            fail(number)
        except KeyError as error:
            failures.append(error)
    try:
        raise ExceptionGroup("unhandled errors in a TaskGroup", failures)
    except ExceptionGroup as group:
        told = "".join(traceback.format_exception(group))
    return ErrorInfo("ExceptionGroup", f"unhandled errors in a TaskGroup ({count} sub-exceptions)", told)


def test_a_group_of_exceptions_is_its_first_one_however_many_there_are():
    one, many = in_a_group(1), in_a_group(12)
    assert innermost_type(one) == innermost_type(many) == "KeyError"
    assert in_app_frames(one.stack) == in_app_frames(many.stack)
    assert in_app_frames(one.stack)[-1][1] == "fail"


def test_a_group_within_a_group_is_read_down_to_its_first_leaf():
    def fail():
        raise KeyError("no column")

    try:
        try:
            try:
                fail()
            except KeyError as error:
                raise ExceptionGroup("inner", [error, ValueError("x")])  # noqa: B904 - a group has no cause
        except ExceptionGroup as inner:
            raise ExceptionGroup("outer", [inner])  # noqa: B904
    except ExceptionGroup as outer:
        told = "".join(traceback.format_exception(outer))
    assert in_app_frames(told)[-1][1] == "fail"
    assert innermost_type(ErrorInfo("ExceptionGroup", "outer", told)) == "KeyError"


@pytest.mark.parametrize(
    "stack",
    [
        "\n" * 64_000,
        "  +-" + "-" * 64_000,
        "+-" * 32_000,
        "  | " * 16_000,
        ("  +-+" + "-" * 16 + " 1 " + "-" * 16 + "\n") * 1_500,
        "".join(f'  File "/a/{"1." * 39}!/b.py", line 3, in f\n' for _ in range(600)),
    ],
    ids=["lines", "dashes", "branches", "trunks", "one branch", "versions"],
)
def test_no_stack_takes_long_to_read(stack):
    began = time.process_time()
    in_app_frames(stack)
    innermost_type(ErrorInfo("ExceptionGroup", "", stack))
    assert time.process_time() - began < 0.5
