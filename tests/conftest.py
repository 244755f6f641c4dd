"""What every layer of tests shares."""

import os

import pytest
from hypothesis import settings

CHAOS = bool(os.environ.get("CHAOS"))
"""Whether random runs are long and new each time (`make chaos`), or a fixed share of them."""

LONGER = 20
"""How many times as many examples a long run has."""

settings.register_profile("default", derandomize=True)
settings.register_profile("chaos", derandomize=False, deadline=None, print_blob=True)
settings.load_profile("chaos" if CHAOS else "default")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark the random tests; a long run multiplies what each of them asks for itself."""
    longer = {}
    for item in items:
        test = getattr(item, "obj", None)
        test = getattr(test, "__func__", test)
        if not getattr(test, "is_hypothesis_test", False):
            continue
        item.add_marker("property")
        if CHAOS and test not in longer:
            own = test._hypothesis_internal_use_settings
            count = LONGER * own.max_examples
            longer[test] = settings(own, max_examples=count, deadline=None, derandomize=False)
            test._hypothesis_internal_use_settings = longer[test]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Fail instead of skip where a browser must be there: a skipped browser test proves nothing."""
    report = yield
    if os.environ.get("REQUIRE_BROWSER") and report.skipped and "browser" in item.keywords:
        report.outcome = "failed"
        report.longrepr = f"REQUIRE_BROWSER is set, but this test was skipped: {report.longrepr}"
    return report
