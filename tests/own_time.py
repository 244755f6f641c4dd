"""A loop for tests whose time is that of a machine with nothing else to do."""

import asyncio
import selectors
import time
from typing import override


class _Sleeper(selectors.DefaultSelector):
    """Counts how long it was asked to wait and did."""

    slept_s = 0.0

    @override
    def select(self, timeout=None):
        began = time.monotonic()
        found = super().select(timeout)
        took_s = time.monotonic() - began
        self.slept_s += took_s if timeout is None else min(took_s, max(0.0, timeout))
        return found


class OwnTimeLoop(asyncio.SelectorEventLoop):
    """Counts what this process works and what it sleeps on purpose, not how long others keep it from working.

    A time limit on this loop is not missed because the machine is busy.
    """

    def __init__(self):
        self._sleeper = _Sleeper()
        super().__init__(self._sleeper)

    @override
    def time(self):
        return time.process_time() + self._sleeper.slept_s
