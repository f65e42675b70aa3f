"""What is absent is skipped visibly; where everything has to be there, its absence is a failure."""

import os

import pytest

_EXCUSED = "beside this checkout"  # the recordings are data of another place, not a service of this machine


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("TOCSIN_REQUIRE_SERVICES") and _EXCUSED not in str(report.longrepr):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped where nothing may be absent: {report.longrepr}"
