"""What tests with an engine in their own process share."""

import gc


def pytest_runtest_logfinish():
    """End engine objects in the thread that has made them: in another one, where the collector may run, they panic."""
    gc.collect()
