"""Waiting for what no event tells of, because it depends on many parts."""

import asyncio
from collections.abc import Callable

POLL_S = 0.002
MOST_S = 0.005
"""So much of the time goes with one look at most: when more has passed, this process was kept from running."""


async def until(condition: Callable[[], bool], timeout_s: float) -> bool:
    """Return True as soon as the condition holds, False when it does not in time.

    Those that are waited for run in this process: what it stands still is not held against them.
    """
    loop = asyncio.get_running_loop()
    left_s, looked = timeout_s, loop.time()
    while not condition():
        if left_s <= 0:
            return False
        await asyncio.sleep(POLL_S)
        now = loop.time()
        left_s -= min(now - looked, MOST_S)
        looked = now
    return True
