"""Is the same fault the same group, and another fault another?"""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.fingerprint import FINGERPRINT_VERSION, fingerprint
from rules.model import ErrorInfo


def group(workflow="import", step="load", **error):
    return fingerprint(workflow, step, ErrorInfo(**error)).group


def stack(folder="/srv/app", line=10, function="charge", last="Boom: no"):
    return (
        "Traceback (most recent call last):\n"
        f'  File "{folder}/shop/pay.py", line {line}, in {function}\n    call()\n'
        f'  File "{folder}/.venv/lib/python3.11/site-packages/http/client.py", line {line}, in get\n    raise\n'
        f"{last}\n"
    )


def test_a_group_of_today_is_found_by_tomorrows_version():
    found = fingerprint("import", "load", ErrorInfo("shop.errors.Boom", "order 17 is gone"))
    assert (found.group, found.cause, found.version) == (
        "848cc5cf7404c1ae85f07f34aaeee60e",
        "80e4740982ec1561c811335abba789a6",
        FINGERPRINT_VERSION,
    )
    assert found.components == (
        ("workflow", "import"),
        ("step", "load"),
        ("error.type", "Boom"),
        ("message", "order <n> is gone"),
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"message": "order 17 is gone"}, {"message": "order 4711 is gone"}),
        ({"type": "shop.Boom"}, {"type": "Boom"}),
        ({"type": "Boom", "stack": stack(line=10)}, {"type": "Boom", "stack": stack(line=99)}),
        ({"type": "Boom", "stack": stack("/srv/app")}, {"type": "Boom", "stack": stack("/home/ci/build")}),
        ({"type": "Boom", "message": "1", "stack": stack()}, {"type": "Boom", "message": "x", "stack": stack()}),
        ({"type": "ActivityError", "cause_type": "Boom"}, {"type": "Boom", "cause_type": "Boom"}),
    ],
)
def test_one_fault_is_one_group(one, other):
    assert group(**one) == group(**other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"workflow": "import"}, {"workflow": "export"}),
        ({"step": "load"}, {"step": ""}),
        ({"type": "Boom"}, {"type": "Bang"}),
        ({"message": "status 404"}, {"message": "status 500"}),
        ({"message": "no table"}, {"message": "no column"}),
        ({"type": "Boom", "stack": stack(function="charge")}, {"type": "Boom", "stack": stack(function="refund")}),
        ({"type": "ActivityError", "cause_type": "Boom"}, {"type": "ActivityError", "cause_type": "Bang"}),
    ],
)
def test_two_faults_are_two_groups(one, other):
    assert group(**one) != group(**other)


def test_the_cause_is_the_same_wherever_it_strikes():
    error = ErrorInfo("OperationalError", "connection refused")
    assert fingerprint("a", "x", error).cause == fingerprint("b", "", error).cause
    assert fingerprint("a", "x", error).cause != fingerprint("a", "x", ErrorInfo("OperationalError", "disk full")).cause


def test_an_override_replaces_the_components_and_may_name_ours():
    error = ErrorInfo("Boom", "no")
    assert fingerprint("a", "", error, ["mine"]).components == (("override", "mine"),)
    extended = fingerprint("a", "", error, ["{{default}}", "eu"])
    assert extended.components == (*fingerprint("a", "", error).components, ("override", "eu"))
    assert fingerprint("a", "", error, ["mine"]).group == fingerprint("b", "s", None, ["mine"]).group


def test_an_unknown_error_still_has_a_group():
    assert fingerprint("a", "", None).components == (("workflow", "a"),)


@given(st.text(), st.text(), st.text(), st.text(alphabet='F"ile at.:()\n\\/0123[]\ud800é'))
def test_no_text_is_refused_and_the_answer_never_changes(kind, message, frames, signs):
    error = ErrorInfo(kind, message, frames + signs)
    again = ErrorInfo(kind, message, frames + signs)
    first = fingerprint("w", "s", error)
    fingerprint.__globals__["_made"].cache_clear()
    assert fingerprint("w", "s", again) == first


NASTY = {
    "quotes": '"' * 1_000_000,
    "ids": "1-" * 500_000,
    "openings": "'a " * 333_000,
    "one frame": 'File "' * 166_000,
    "chains": "The above exception was the direct cause of the following exception:\n" * 14_000,
    "causes": "Caused by: " * 90_000,
    "dotted lines": "\n".join("a." * 290 + "(" for _ in range(1_700)),
    "frames without an end": "\n".join(" at async " + "a " * 100 + "(/" + "x" * 390 + ":1:1:1" for _ in range(1_600)),
    "lines": "x\n" * 500_000,
}


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY.keys())
def test_a_megabyte_of_anything_costs_little(text):
    began = time.process_time()
    fingerprint("w", "s", ErrorInfo("ActivityError", text, text))
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("503 Server Error: Service Unavailable for url: http://10.0.0.1/v1/stock", "503"),
        ("GET http://10.0.0.1/v1/stock answered 404 Not Found", "404"),
        ("Request failed with status code 502", "502"),
        ("HTTP 429", "429"),
        ("413 Payload Too Large", "413"),
        ("413 Content Too Large", "413"),
        ("HTTP Error 422: Unprocessable Entity", "422"),
        ("503, message='Service Unavailable', url='http://10.0.0.1/v1'", "503"),
        ("the warehouse responded with 503", "503"),
        ("An error occurred (404) when calling the HeadObject operation: Not Found", "404"),
        ("HTTP/1.1 200 OK", ""),
        ("error: 450 rows failed", ""),
        ("exit code 404", ""),
        ("order 404 not found", ""),
        ("took 500 ms", ""),
    ],
)
def test_a_status_is_a_part_of_the_fault_beside_its_frames(message, code):
    stack = f'Traceback (most recent call last):\n  File "/srv/shop/stock.py", line 7, in get\nHTTPError: {message}\n'
    components = dict(fingerprint("sync", "fetch", ErrorInfo("HTTPError", message, stack)).components)
    assert components.get("status", "") == code
    assert components["frame"] == "shop/stock in get"
