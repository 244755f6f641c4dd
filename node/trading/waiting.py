"""Waiting for what no event tells of, because it depends on many parts."""

import asyncio
from collections.abc import Callable

POLL_S = 0.002


async def until(condition: Callable[[], bool], timeout_s: float) -> bool:
    """Return True as soon as the condition holds, False when it does not in time."""
    try:
        async with asyncio.timeout(timeout_s):
            while not condition():  # noqa: ASYNC110  # see above
                await asyncio.sleep(POLL_S)
    except TimeoutError:
        return False
    return True
