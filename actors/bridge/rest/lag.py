"""How long the loop was busy with something else, seen often enough not to miss a stall."""

import asyncio
from collections.abc import Callable

from prometheus_client import Histogram

EVERY_S = 0.05
"""A stall of so long is seen always, a shorter one in proportion."""

LAG = Histogram(
    "whisperer_loop_lag_seconds",
    "How late the event loop wakes a sleeper",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5),
)


class LoopLag:
    """Sleeps again and again, and notes how much too long each time."""

    def __init__(self, observe: Callable[[float], None] = LAG.observe) -> None:
        """Prepare; `observe` is told seconds."""
        self._observe = observe
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Watch the running loop from now on."""
        self.stop()
        self._sleep(asyncio.get_running_loop())

    def stop(self) -> None:
        """Watch no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _sleep(self, loop: asyncio.AbstractEventLoop) -> None:
        self._due = loop.time() + EVERY_S
        self._timer = loop.call_at(self._due, self._wake, loop)

    def _wake(self, loop: asyncio.AbstractEventLoop) -> None:
        self._observe(max(0.0, loop.time() - self._due))
        self._sleep(loop)
