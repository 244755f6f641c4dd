"""Connections below HTTP: those that never ask are closed, what the HTTP parser refuses is logged without its text."""

import asyncio
import logging
from typing import override

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from prometheus_client import Gauge, Histogram

HEAD_TIMEOUT_S = 15.0
"""How long a fresh connection may take for the head of its first request."""
SWEEP_S = 1.0

OPEN = Gauge("whisperer_http_connections", "Open HTTP connections, WebSockets among them")
LAG = Histogram(
    "whisperer_loop_lag_seconds",
    "How late the event loop wakes a sleeper",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5),
)

log = structlog.get_logger(__name__)


class Connections:
    """Sweeps the connections of one port: a caller that sends its request byte by byte must not hold one for ever."""

    def __init__(self, runner: web.AppRunner, heard: set[object], *, head_timeout_s: float = HEAD_TIMEOUT_S) -> None:
        """Begin to sweep.

        Args:
            runner: Whose connections.
            heard: Protocols of connections that have sent a whole request head; forgotten here once closed.
            head_timeout_s: After which another one is closed.
        """
        self._runner = runner
        self._heard = heard
        self._head_timeout_s = head_timeout_s
        self._silent_since: dict[web.RequestHandler, float] = {}
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Sweep no more."""
        self._task.cancel()
        await asyncio.wait([self._task])

    def sweep(self, now: float) -> None:
        """Close the connections that have been silent for too long at `now`, in seconds of the loop."""
        server = self._runner.server
        present = set(server.connections) if server is not None else set()
        self._heard &= present
        silent = present - self._heard
        self._silent_since = {one: self._silent_since.get(one, now) for one in silent}
        for connection, since in self._silent_since.items():
            if now - since >= self._head_timeout_s:
                log.info("http_connection_silent", seconds=round(now - since, 1))
                connection.force_close()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + SWEEP_S
            await asyncio.sleep(SWEEP_S)
            LAG.observe(max(0.0, loop.time() - due))
            self.sweep(loop.time())


def connection_logger() -> logging.Logger:
    """Return the logger for aiohttp's own words; they are told again as events, without what the caller sent."""
    logger = logging.getLogger("whisperer.http")
    if not logger.filters:
        logger.addFilter(_Retell())
    return logger


class _Retell(logging.Filter):
    """aiohttp logs a refused request with its first line, which may hold a token."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError):
            log.info("http_malformed", reason=type(error).__name__)
        elif record.levelno >= logging.WARNING:
            log.error("http_connection_failed", message=record.getMessage(), exc_info=error)
        return False
