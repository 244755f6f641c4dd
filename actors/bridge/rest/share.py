"""Fair share: how much of what is read from disk or source one caller may have in progress at once."""

import asyncio
from asyncio import Semaphore
from contextvars import Context as Variables

from config.errors import RateLimitedError

RETRY_S = 1.0


class _Line:
    """One caller's requests: some in progress, the others waiting in their order."""

    __slots__ = ("begun", "turns")

    def __init__(self, at_once: int) -> None:
        self.turns = Semaphore(at_once)
        self.begun = 0


class FairShare:
    """Each caller waits in an own line, so that a flood fills that line only."""

    def __init__(self, at_once: int, waiting: int) -> None:
        """Start without callers.

        Args:
            at_once: Requests of one caller in progress.
            waiting: Requests of one caller that may wait; more are refused.
        """
        self._at_once = at_once
        self._most = at_once + waiting
        self._lines: dict[str, _Line] = {}

    def __len__(self) -> int:
        return len(self._lines)

    async def enter(self, key: str) -> None:
        """Wait for a caller's turn, which `leave` ends.

        Raises:
            RateLimitedError: If too many of the caller's wait already.
        """
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = _Line(self._at_once)
        if line.begun >= self._most:
            raise RateLimitedError(f"at most {self._most} of your requests for history at once", retry_after_s=RETRY_S)
        line.begun += 1
        try:
            await line.turns.acquire()
        except BaseException:
            line.begun -= 1
            self._forget(key, line)
            raise

    def leave(self, key: str) -> None:
        """End a caller's turn; the next one of the same caller's begins with the loop's next round.

        What is in memory is answered without waiting: a flood of that would be one round of the loop, with everybody
        else's orders behind it.
        """
        line = self._lines[key]
        line.begun -= 1
        asyncio.get_running_loop().call_soon(self._next, key, line, context=Variables())

    def _next(self, key: str, line: _Line) -> None:
        line.turns.release()
        self._forget(key, line)

    def _forget(self, key: str, line: _Line) -> None:
        if not line.begun and self._lines.get(key) is line:
            del self._lines[key]
