"""Runs one talk with a node: its failures become one line and an exit code."""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable

from whisperer_client import ApiError, Client, ClientError, NotConnectedError, RefusedError

NOT_THERE, REFUSED, FAILED = 1, 2, 1


def talk(url: str, work: Callable[[Client], Awaitable[int]], api_key: str | None = None) -> int:
    """Connect to the node at `url` and do some work; return its exit code, or 1 or 2 after one line of why not.

    Args:
        url: Of the node.
        work: Is given the client.
        api_key: Of a user of the node; None where it has none.
    """
    logging.basicConfig(level=logging.WARNING, format="whisperer: %(message)s", stream=sys.stderr)
    try:
        return asyncio.run(_talk(url, work, api_key))
    except NotConnectedError as e:
        return _tell(f"{e}; is the node running? (run_node.py live, or --url)", NOT_THERE)
    except (RefusedError, ApiError) as e:
        return _tell(str(e), REFUSED)
    except ClientError as e:
        return _tell(f"{e.code}: {e}", FAILED)


async def _talk(url: str, work: Callable[[Client], Awaitable[int]], api_key: str | None) -> int:
    async with Client(url, api_key=api_key) as client:
        return await work(client)


def _tell(text: str, code: int) -> int:
    print(f"whisperer: {text}", file=sys.stderr)  # noqa: T201  # the one line a person reads
    return code
