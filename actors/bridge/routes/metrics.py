"""`GET /metrics`: figures for Prometheus."""

import hmac
import os
from typing import override

from prometheus_client import CONTENT_TYPE_LATEST, disable_created_metrics, generate_latest

from actors.bridge.context import Context
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, routes
from config.errors import ConfigError, UnauthorizedError
from config.load import is_loopback


@routes.register("GET /metrics")
class GetMetrics(Route[NoQuery]):
    """Give the figures of this process in the text format of Prometheus.

    For callers on this machine, and for those with the bearer token of `server.metrics_token_env`.
    """

    media_type = "text/plain"
    tag = "operations"
    problems = (UnauthorizedError,)
    is_counted = False

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library leaves it without types
        self._token = _token(context.config.server.metrics_token_env)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        if not self._may_read(call):
            raise UnauthorizedError("needs the bearer token of server.metrics_token_env, or a caller on this machine")
        return Answer(body=generate_latest(), media_type=CONTENT_TYPE_LATEST)

    def _may_read(self, call: Call) -> bool:
        given = call.headers.get("Authorization", "").encode()
        if self._token and hmac.compare_digest(given, b"Bearer " + self._token):
            return True
        return call.is_direct and is_loopback(call.peer)


def _token(variable: str | None) -> bytes:
    if variable is None:
        return b""
    token = os.environ.get(variable, "")
    if not token:
        raise ConfigError(f"server.metrics_token_env names {variable}, which is not set")
    return token.encode()
