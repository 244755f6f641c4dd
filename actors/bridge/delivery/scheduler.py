"""The event loop and the clocks of this computer, as the bridge uses them; tests give their own."""

import asyncio
import time
from collections.abc import Callable
from contextvars import Context
from typing import Protocol


class Timer(Protocol):
    """A call that can be taken back."""

    def cancel(self) -> None:
        """Take it back."""


class Scheduler(Protocol):
    """What the hub needs of an event loop."""

    def time(self) -> float:
        """Return seconds that only grow."""

    def call_soon(self, callback: Callable[[], object], /) -> object:
        """Call in the next turn of the loop."""

    def call_later(self, delay: float, callback: Callable[[], object], /) -> Timer:
        """Call after `delay` seconds."""


class RunningLoop:
    """The loop that runs at the moment of the call, so that the hub can be made before there is one.

    What is called later belongs to no caller: it runs without the trace id of whoever was the occasion.
    """

    time = staticmethod(time.monotonic)

    def call_soon(self, callback: Callable[[], object], /) -> object:
        """Call in the next turn of the loop."""
        return asyncio.get_running_loop().call_soon(callback, context=Context())

    def call_later(self, delay: float, callback: Callable[[], object], /) -> Timer:
        """Call after `delay` seconds."""
        return asyncio.get_running_loop().call_later(delay, callback, context=Context())


class WallClock:
    """The clocks of this computer: `context.Clock`."""

    monotonic = staticmethod(time.monotonic)

    def wall_ms(self) -> int:
        """Return UNIX milliseconds."""
        return time.time_ns() // 1_000_000


WALL_CLOCK = WallClock()
"""One for everybody."""
