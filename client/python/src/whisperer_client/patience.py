"""Asking for what was missed, on a line that may lose the question."""

import asyncio
from collections.abc import Awaitable, Callable

from whisperer_client.errors import ApiError, NotConnectedError

WAIT_S, ATTEMPTS = 0.5, 20


async def patiently[T](ask: Callable[[], Awaitable[T]]) -> T:
    """Return the answer; asked again for a while when none comes, or when the node asks for patience.

    Raises:
        ApiError: The node refuses, or goes on asking for patience.
        NotConnectedError: The node did not answer for long.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            return await ask()
        except NotConnectedError:
            await asyncio.sleep(WAIT_S)
        except ApiError as e:
            if not e.is_retryable:
                raise
            await asyncio.sleep(e.retry_after_s or WAIT_S)
    return await ask()
