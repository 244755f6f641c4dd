"""Long work on the owner loop, a millisecond at a time."""

import asyncio
from collections.abc import Iterator
from time import perf_counter

TURN_S = 0.001
"""What others may have to wait for at once."""


class Turns:
    """Does one piece of work after the other, so that however much there is, others wait for one turn at most."""

    def __init__(self) -> None:
        """Start with nothing to do."""
        self._lock = asyncio.Lock()

    async def run(self, steps: Iterator[None]) -> float:
        """Do all the steps, each of which must be short; return the seconds that they took."""
        spent = 0.0
        async with self._lock:
            began = perf_counter()
            for _ in steps:
                took = perf_counter() - began
                if took > TURN_S:
                    spent += took
                    await asyncio.sleep(0)
                    began = perf_counter()
            return spent + perf_counter() - began
