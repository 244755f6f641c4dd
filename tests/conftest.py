"""What every layer of tests shares."""

import gc
import logging
import os
import signal
import sys
from collections import Counter

import pytest
import structlog
from hypothesis import settings

CHAOS = bool(os.environ.get("CHAOS"))
"""Whether random runs are long and new each time (`make chaos`), or a fixed share of them."""

QUICK = bool(os.environ.get("QUICK"))
"""Whether a taste of the random tests is enough (`make check`)."""

if QUICK:
    gc.set_threshold(100_000, 20, 100)  # a short life: most of it would be spent looking for what is left

LONGER, SHORTER = 20, 10
"""How many times as many examples a long run has, and how many times less a quick one."""

ENDED = pytest.StashKey[int]()
"""The exit code of a run that has ended."""

TASTE = 2
"""Of a test with many parameters a quick run does so many that are not slow."""

WITH_ENGINE = ("tests/node/", "tests/live/", "tests/unit/test_train_process.py")
"""Tests that have engine objects in their own process."""

structlog.configure(  # as cheap as it gets: thousands of tests log, nobody reads it while they are green
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(key_order=("level", "event")),
    ],
    cache_logger_on_first_use=False,
)

settings.register_profile("default", derandomize=True, deadline=None)
settings.register_profile("chaos", derandomize=False, deadline=None, print_blob=True)
settings.load_profile("chaos" if CHAOS else "default")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # so begin the background programs of a shell, and their children
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def logs_as_before():
    """Undo what a command of `run_node.py` configures: its stream is closed after the test."""
    handlers, hook, before = logging.getLogger().handlers.copy(), sys.excepthook, structlog.get_config()
    yield
    structlog.configure(**before)
    logging.captureWarnings(capture=False)
    logging.getLogger().handlers[:], sys.excepthook = handlers, hook


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Mark the random tests; a long or quick run changes how many examples each of them asks for itself."""
    if QUICK:
        _taste(config, items)
    changed = {}
    for item in items:
        test = getattr(item, "obj", None)
        test = getattr(test, "__func__", test)
        if not getattr(test, "is_hypothesis_test", False):
            continue
        item.add_marker("property")
        if (CHAOS or QUICK) and test not in changed:
            own = test._hypothesis_internal_use_settings
            if CHAOS:
                changed[test] = settings(own, max_examples=LONGER * own.max_examples, deadline=None, derandomize=False)
            else:
                changed[test] = settings(own, max_examples=max(1, own.max_examples // SHORTER))
            test._hypothesis_internal_use_settings = changed[test]


def _taste(config, items):
    """Leave out all but the first parameters of each test."""
    done, kept, left_out = Counter(), [], []
    for item in items:
        name = item.nodeid.partition("[")[0]
        done[name] += item.get_closest_marker("slow") is None
        (kept if done[name] <= TASTE else left_out).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=left_out)


def pytest_collection_finish():
    """What importing has made stays to the end: no collection need go through all of it again."""
    gc.freeze()


def pytest_runtest_logfinish(nodeid):
    """End engine objects in the thread that has made them: in another one, where the collector may run, they panic."""
    if nodeid.startswith(WITH_ENGINE):
        gc.collect()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    session.config.stash[ENDED] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """End a quick run as it is: Python would take a million objects apart for as long as a hundred tests take."""
    if QUICK:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(config.stash.get(ENDED, pytest.ExitCode.INTERNAL_ERROR))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Fail instead of skip where a browser must be there: a skipped browser test proves nothing."""
    report = yield
    if os.environ.get("REQUIRE_BROWSER") and report.skipped and "browser" in item.keywords:
        report.outcome = "failed"
        report.longrepr = f"REQUIRE_BROWSER is set, but this test was skipped: {report.longrepr}"
    return report
