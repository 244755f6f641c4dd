"""What was asked and answered: counted, timed and logged, never with a path or query, which may hold anything."""

from collections.abc import Callable
from functools import cache
from http import HTTPStatus

import structlog
from prometheus_client import Counter, Histogram

from actors.allowance import Allowance

WS = "GET /ws"
SOCKETS = frozenset({WS, "GET /ws/market_data", "GET /ws/confidence", "GET /ws/{client_id}"})
"""Rows of the authorization table that are WebSockets."""
REQUESTS = Counter("whisperer_http_requests", "HTTP requests by route and status", ["route", "status"])
SECONDS = Histogram(
    "whisperer_http_request_seconds",
    "Time to answer a HTTP request, by route",
    ["route"],
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
STRANGERS_PER_S, STRANGERS_BURST = 100.0, 1_000.0
"""Lines about callers whom nobody knows, and about refusals for too many requests: a flood must not fill the disk."""

log = structlog.get_logger(__name__)
_unlogged = Counter("whisperer_http_requests_unlogged", "HTTP requests of a flood that have no line in the log")


def lines_of_strangers(monotonic: Callable[[], float]) -> Allowance:
    """Return how many lines of the log may be about them."""
    return Allowance(STRANGERS_PER_S, STRANGERS_BURST, monotonic)


def note(
    *, method: str, route: str, status: int, seconds: float, peer: str, user_id: str | None, lines: Allowance
) -> None:
    """Count, time and log one answer; of a flood of strangers not every one is logged.

    Args:
        method: HTTP verb.
        route: `METHOD path` as registered.
        status: HTTP status.
        seconds: From the request to the answer; of a WebSocket how long it lasted, which is not timed.
        peer: Address of the caller.
        user_id: Who it was; None for nobody known.
        lines: Of strangers; one is taken where it is about one.
    """
    _counter(route, status).inc()
    if route not in SOCKETS:
        _timer(route).observe(seconds)
    if (user_id is None or status == HTTPStatus.TOO_MANY_REQUESTS) and lines.take():
        _unlogged.inc()
        return
    log.info(
        "http_request",
        method=method,
        route=route,
        status=status,
        ms=round(seconds * 1_000, 3),
        peer=peer,
        user_id=user_id,
    )


@cache
def _counter(route: str, status: int) -> Counter:
    return REQUESTS.labels(route, status)


@cache
def _timer(route: str) -> Histogram:
    return SECONDS.labels(route)
