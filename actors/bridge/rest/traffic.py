"""What was asked and answered: counted, timed and logged, never with a path or query, which may hold anything."""

from functools import cache

import structlog
from prometheus_client import Counter, Histogram

WS = "GET /ws"
REQUESTS = Counter("whisperer_http_requests", "HTTP requests by route and status", ["route", "status"])
SECONDS = Histogram(
    "whisperer_http_request_seconds",
    "Time to answer a HTTP request, by route",
    ["route"],
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)

log = structlog.get_logger(__name__)


def note(*, method: str, route: str, status: int, seconds: float, peer: str, user_id: str | None) -> None:
    """Count, time and log one answer.

    Args:
        method: HTTP verb.
        route: `METHOD path` as registered.
        status: HTTP status.
        seconds: From the request to the answer; of a WebSocket how long it lasted, which is not timed.
        peer: Address of the caller.
        user_id: Who it was; None for nobody known.
    """
    _counter(route, status).inc()
    if route != WS:
        _timer(route).observe(seconds)
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
