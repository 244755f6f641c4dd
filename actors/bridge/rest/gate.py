"""The one layer in front of every request: identified, checked, counted, answered, measured, logged.

An exception ends here as a problem document; none reaches aiohttp.
"""

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from secrets import token_hex

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from msgspec import Struct

from actors.bridge.rest.limits import TokenBuckets
from actors.bridge.rest.origins import Origins
from actors.bridge.rest.peers import Peer, Peers
from actors.bridge.rest.problems import ProblemAnswer, error_of_status, problem_answer
from actors.bridge.rest.traffic import note
from actors.ports.identity import LOCAL, Principal, Role
from config.errors import NodeError, RateLimitedError, TooLargeError, UnauthorizedError
from config.schema import ServerSection

UNKNOWN = "unknown"
"""Route label of paths that do not exist: their text is the caller's."""
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SAFE = {"Server": "whisperer", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
_EXPOSED = "ETag, Location, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-ID"
_ACCEPTED = "Authorization, Content-Type, Idempotency-Key, If-None-Match, X-Request-ID"
_PREFLIGHT_S = "600"

log = structlog.get_logger(__name__)

Identify = Callable[[Mapping[str, str]], Principal | None]
"""Headers of a request -> who sends it; None for nobody known.

Raises:
    UnauthorizedError: If there is a token that opens nothing.
"""


class Entry(Struct, frozen=True):
    """What the gate knows of a route."""

    name: str
    """`METHOD path`."""
    role: Role
    is_counted: bool
    refused: Callable[[NodeError, str], ProblemAnswer] = problem_answer
    """Error and request id -> what the caller gets."""


class Caller(Struct, frozen=True):
    """Who asks, for the handler."""

    principal: Principal | None
    peer: Peer


class Exchange(Struct, kw_only=True):
    """One request on its way through the gate."""

    request_id: str
    entry: Entry | None
    """None when no route has this path and method."""
    peer: Peer
    headers: dict[str, str]
    """Of the answer, whatever it will be."""
    principal: Principal | None = None

    @property
    def route(self) -> str:
        """Its name in logs and metrics."""
        return UNKNOWN if self.entry is None else self.entry.name


CALLER = web.RequestKey("caller", Caller)
Fallback = Callable[[web.Request], Awaitable[web.StreamResponse | None]]
"""Answers for paths without a route; None when it has nothing either."""


def everybody_is_local(_headers: Mapping[str, str]) -> Principal:
    """Local single-user mode: every request is the local principal's."""
    return LOCAL


class Gate:
    """The aiohttp middleware; plain objects decide, it only asks them in order."""

    __middleware_version__ = 1
    """How aiohttp knows a middleware of the present kind."""

    def __init__(
        self,
        section: ServerSection,
        entries: Mapping[str, Entry],
        *,
        own_ports: set[int],
        fallback: Fallback,
        identify: Identify = everybody_is_local,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read the configuration.

        Args:
            section: Limits, origins, hosts, proxies.
            entries: By `METHOD path`.
            own_ports: Ports of this node, filled when it listens: a page of the one may call the other.
            fallback: Answers for paths without a route: the files of the page.
            identify: Who sends a request.
            monotonic: Clock of the limits.

        Raises:
            ConfigError: If an origin, host or proxy cannot be read.
        """
        self.heard: set[object] = set()
        """Protocols of the connections that have sent a request."""
        self.own_ports = own_ports
        self._origins = Origins(section.allowed_origins, section.allowed_hosts, own_ports)
        self._peers = Peers(section.trusted_proxies)
        self._by_peer = TokenBuckets(section.rate_limit_per_min, monotonic)
        self._by_user = TokenBuckets(section.user_rate_limit_per_min, monotonic)
        self._max_body_bytes = section.max_body_bytes
        self._entries = entries
        self._fallback = fallback
        self._identify = identify

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer one request."""
        self.heard.add(request.protocol)
        exchange = self._exchange(request)
        with structlog.contextvars.bound_contextvars(trace_id=exchange.request_id):
            return await self._serve(request, handler, exchange)

    async def _serve(self, request: web.Request, handler: Handler, exchange: Exchange) -> web.StreamResponse:
        started = time.perf_counter()
        try:
            response = await self._answer(request, handler, exchange)
        except NodeError as e:
            response = _problem(request, e, exchange)
        except web.HTTPException as e:
            response = _problem(request, error_of_status(e.status, e.reason), exchange, allow=e.headers.get("Allow"))
        except ConnectionError:
            raise  # the caller has gone
        except Exception:  # the boundary between one request and the server
            log.exception("request_failed", route=exchange.route)
            response = _problem(request, NodeError("internal error"), exchange)
        if not response.prepared:
            response.headers.update(exchange.headers)
        note(
            method=request.method,
            route=exchange.route,
            status=response.status,
            seconds=time.perf_counter() - started,
            peer=exchange.peer.address,
            user_id=exchange.principal.user_id if exchange.principal else None,
        )
        return response

    def _exchange(self, request: web.Request) -> Exchange:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else token_hex(16)
        return Exchange(
            request_id=request_id,
            entry=self._entries.get(_name(request)),
            peer=self._peers.of(request.remote or "", _joined(request, "X-Forwarded-For")),
            headers={"X-Request-ID": request_id, **_SAFE},
        )

    async def _answer(self, request: web.Request, handler: Handler, exchange: Exchange) -> web.StreamResponse:
        origin = self._check_site(request, exchange)
        if (request.content_length or 0) > self._max_body_bytes:
            raise TooLargeError(f"body must be at most {self._max_body_bytes} bytes, was {request.content_length}")
        exchange.principal = self._identify(request.headers)
        if exchange.entry is None:
            return await self._answer_unrouted(request, exchange, is_preflight=_is_preflight(request, origin))
        if exchange.entry.is_counted:
            self._take(exchange)
        _authorize(exchange)
        request[CALLER] = Caller(exchange.principal, exchange.peer)
        return await handler(request)

    async def _answer_unrouted(
        self, request: web.Request, exchange: Exchange, *, is_preflight: bool
    ) -> web.StreamResponse:
        """Answer for a path or method without a route: a preflight, a file of the page, or the router's refusal."""
        refusal = request.match_info.http_exception or web.HTTPNotFound()
        if isinstance(refusal, web.HTTPNotFound) and request.method in {"GET", "HEAD"}:
            file = await self._fallback(request)
            if file is not None:
                return file
        self._take(exchange)
        if is_preflight and isinstance(refusal, web.HTTPMethodNotAllowed):
            return _preflight(refusal)
        raise refusal

    def _check_site(self, request: web.Request, exchange: Exchange) -> str | None:
        host = _joined(request, "Host")  # two of them are none
        self._origins.check_host(host)
        origin = self._origins.check_origin(request.headers.get("Origin"), host or "")
        exchange.headers["Vary"] = "Origin"
        if origin is not None:
            exchange.headers |= {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": _EXPOSED}
        return origin

    def _take(self, exchange: Exchange) -> None:
        if exchange.principal is None:
            budget = self._by_peer.take(exchange.peer.site)
        else:
            budget = self._by_user.take(exchange.principal.user_id)
        exchange.headers |= {
            "X-RateLimit-Limit": str(budget.limit),
            "X-RateLimit-Remaining": str(budget.remaining),
            "X-RateLimit-Reset": str(budget.reset_s),
        }
        if budget.retry_after_s is not None:
            raise RateLimitedError(f"more than {budget.limit} requests a minute", retry_after_s=budget.retry_after_s)


def _authorize(exchange: Exchange) -> None:
    role = exchange.entry.role if exchange.entry else "admin"
    if exchange.principal is not None:
        exchange.principal.require(role)
    elif role != "public":
        raise UnauthorizedError(f"needs a token with role {role}")


def _joined(request: web.Request, name: str) -> str | None:
    """Return a header that came in several lines as the one that it stands for."""
    lines = request.headers.getall(name, ())
    return ",".join(lines) if lines else None


def _name(request: web.Request) -> str:
    resource = request.match_info.route.resource
    method = "GET" if request.method == "HEAD" else request.method
    return "" if resource is None else f"{method} {resource.canonical}"


def _is_preflight(request: web.Request, origin: str | None) -> bool:
    return request.method == "OPTIONS" and origin is not None and "Access-Control-Request-Method" in request.headers


def _preflight(refusal: web.HTTPMethodNotAllowed) -> web.Response:
    headers = {
        "Access-Control-Allow-Methods": ", ".join(sorted(refusal.allowed_methods)),
        "Access-Control-Allow-Headers": _ACCEPTED,
        "Access-Control-Max-Age": _PREFLIGHT_S,
    }
    return web.Response(status=204, headers=headers)


def _problem(
    request: web.Request, error: NodeError, exchange: Exchange, *, allow: str | None = None
) -> web.StreamResponse:
    if request.writer.output_size > 0:
        raise ConnectionResetError("the answer has begun, an error cannot follow it") from error
    refused = problem_answer if exchange.entry is None else exchange.entry.refused
    answer = refused(error, exchange.request_id)
    if allow is not None:
        answer.headers["Allow"] = allow
    return web.Response(status=answer.status, body=answer.body, headers=answer.headers)
