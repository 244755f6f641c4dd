"""One call of a service: up to three attempts within one deadline."""

import asyncio
from collections.abc import Awaitable, Callable
from email.utils import parsedate_to_datetime
from typing import Protocol

from msgspec import Struct
from prometheus_client import Counter

ATTEMPTS_AT_S = (0.0, 1.0, 3.0)
"""When attempts begin, seconds after the call; one that took longer is followed at once."""
_OK, _REDIRECT, _CLIENT_ERROR, _SERVER_ERROR = 200, 300, 400, 500
_PASSING = frozenset({408, 429})
"""Client errors that say nothing of the request."""
_MOST_AFTER_S = 900.0
"""A service that wants to be left alone for longer is asked again all the same: its answers are wanted now."""

_attempts = Counter("whisperer_ai_attempts", "Requests to AI services", ["service", "outcome"])


class Pace(Protocol):
    """Time, as a call needs it; tests give their own."""

    def wall_s(self) -> float:
        """Return the wall clock, UNIX seconds."""

    def monotonic_s(self) -> float:
        """Return seconds that only grow."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class Reply(Struct, frozen=True, kw_only=True):
    """An HTTP answer."""

    status: int
    body: bytes = b""
    retry_after: str | None = None
    """The header, as it came."""


class UnreachableError(Exception):
    """No answer that could be used; the same request may do well later."""

    def __init__(self, message: str, *, after_s: float | None = None) -> None:
        super().__init__(message)
        self.after_s = after_s
        """So long the service wants to be left alone; None: it does not say."""


class RefusedError(Exception):
    """The service does not want this request: address, key or model are configured wrongly."""


async def call(name: str, post: Callable[[], Awaitable[Reply]], pace: Pace, timeout_s: float) -> bytes:
    """Return the body of a good answer.

    Args:
        name: Of the service, for the counters.
        post: Sends the request once; raises UnreachableError.
        pace: Time.
        timeout_s: Of all attempts and the waiting between them.

    Raises:
        UnreachableError: If there was none in time.
        RefusedError: If asking again would not help.
    """
    try:
        async with asyncio.timeout(timeout_s):
            return await _attempted(name, post, pace, timeout_s)
    except TimeoutError:
        _attempts.labels(name, "timeout").inc()
        raise UnreachableError(f"no answer within {timeout_s:g} s") from None


async def _attempted(name: str, post: Callable[[], Awaitable[Reply]], pace: Pace, timeout_s: float) -> bytes:
    began = pace.monotonic_s()
    not_before, has_waited = began, False
    for at_s in ATTEMPTS_AT_S:
        wait_s = max(began + at_s, not_before) - pace.monotonic_s()
        if wait_s > 0.0:
            await pace.sleep(wait_s)
        try:
            return await _attempt(name, post, pace)
        except UnreachableError as e:
            last = e
            if e.after_s is not None:
                not_before = pace.monotonic_s() + e.after_s
                if has_waited or not_before - began >= timeout_s:
                    raise
                has_waited = True
    raise last


async def _attempt(name: str, post: Callable[[], Awaitable[Reply]], pace: Pace) -> bytes:
    try:
        reply = await post()
    except UnreachableError:
        _attempts.labels(name, "failed").inc()
        raise
    if _OK <= reply.status < _REDIRECT:
        _attempts.labels(name, "ok").inc()
        return reply.body
    _attempts.labels(name, str(reply.status)).inc()
    if reply.status in _PASSING or reply.status >= _SERVER_ERROR:
        raise UnreachableError(f"HTTP {reply.status}", after_s=_after_s(reply.retry_after, pace.wall_s()))
    kind = "a redirect, which is not followed" if reply.status < _CLIENT_ERROR else "check address, key and model"
    raise RefusedError(f"HTTP {reply.status}: {kind}")


def _after_s(header: str | None, wall_s: float) -> float | None:
    """Return the seconds that a `Retry-After` means, 0 .. 900; None when it says nothing that can be read."""
    if header is None:
        return None
    text = header.strip()[:64]
    if text.isascii() and text.isdigit():
        return min(float(text), _MOST_AFTER_S)
    try:
        return min(max(0.0, parsedate_to_datetime(text).timestamp() - wall_s), _MOST_AFTER_S)
    except (ValueError, OverflowError):
        return None
