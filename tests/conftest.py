"""What every layer of tests shares."""

import os

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Fail instead of skip where a browser must be there: a skipped browser test proves nothing."""
    report = yield
    if os.environ.get("REQUIRE_BROWSER") and report.skipped and "browser" in item.keywords:
        report.outcome = "failed"
        report.longrepr = f"REQUIRE_BROWSER is set, but this test was skipped: {report.longrepr}"
    return report
