"""The one layer in front of every request: identified, checked, counted, answered, measured, logged.

An exception ends here as a problem document; none reaches aiohttp.
"""

import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from http import HTTPStatus
from secrets import token_hex

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from msgspec import Struct

from actors.bridge.access import OF_ADMINS_TOO
from actors.bridge.rest.bearer import Bearers, token_of
from actors.bridge.rest.limits import TokenBuckets
from actors.bridge.rest.origins import Origins
from actors.bridge.rest.peers import Peer, Peers
from actors.bridge.rest.problems import ProblemAnswer, error_of_status, problem_answer
from actors.bridge.rest.share import FairShare
from actors.bridge.rest.traffic import lines_of_strangers, note
from actors.ports.identity import LOCAL, Identity, Need, Principal, Role
from config.auth_errors import JwksUnavailableError, TokenMissingError
from config.errors import NodeError, RateLimitedError, TooLargeError, UnauthorizedError
from config.schema import ServerSection

UNKNOWN = "unknown"
"""Route label of paths that do not exist: their text is the caller's."""
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SAFE = {"Server": "whisperer", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
_EXPOSED = (
    "ETag, Link, Location, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-ID, "
    "X-Sb-Error-Code, X-Supabase-Api-Version, X-Total-Count"
)
_ACCEPTED = (
    "Apikey, Authorization, Content-Type, Idempotency-Key, If-None-Match, X-Client-Info, X-Request-ID, "
    "X-Supabase-Api-Version"
)
_PREFLIGHT_S = "600"

log = structlog.get_logger(__name__)


class Entry(Struct, frozen=True):
    """What the gate knows of a route."""

    name: str
    """`METHOD path`."""
    role: Role
    is_counted: bool
    need: Need = "read"
    """Of an API key."""
    is_identified: bool = True
    """Whether it matters who asks; a page or a probe is the same for all."""
    is_costly: bool = False
    refused: Callable[[NodeError, str], ProblemAnswer] = problem_answer
    """Error and request id -> what the caller gets."""


class Caller(Struct, frozen=True):
    """Who asks, for the handler."""

    principal: Principal | None
    peer: Peer
    refusal: NodeError | None = None
    """On a public route: why the token that was sent opens nothing."""


class Exchange(Struct, kw_only=True):
    """One request on its way through the gate."""

    request_id: str
    entry: Entry | None
    """None when no route has this path and method."""
    peer: Peer
    headers: dict[str, str]
    """Of the answer, whatever it will be."""
    principal: Principal | None = None
    refusal: NodeError | None = None
    """Why the token that was sent opens nothing."""

    @property
    def route(self) -> str:
        """Its name in logs and metrics."""
        return UNKNOWN if self.entry is None else self.entry.name


CALLER = web.RequestKey("caller", Caller)
Fallback = Callable[[web.Request], Awaitable[web.StreamResponse | None]]
"""Answers for paths without a route; None when it has nothing either."""


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
        identity: Identity,
        hosts: Iterable[str] = (),
        everybody: Principal | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read the configuration.

        Args:
            section: Limits, origins, hosts, proxies.
            entries: By `METHOD path`.
            own_ports: Ports of this node, filled when it listens: a page of the one may call the other.
            fallback: Answers for paths without a route: the files of the page.
            identity: Finds out who sends a request.
            hosts: Names this node is reached by, beside those of the configuration.
            everybody: Who sends every request, whatever token is in it; None: `identity` says.
            monotonic: Clock of the limits.

        Raises:
            ConfigError: If an origin, host or proxy cannot be read.
        """
        self.heard: set[object] = set()
        """Protocols of the connections that have sent a request."""
        self.own_ports = own_ports
        self._origins = Origins(section.allowed_origins, (*section.allowed_hosts, *hosts), own_ports)
        self._peers = Peers(section.trusted_proxies)
        self._by_peer = TokenBuckets(section.rate_limit_per_min, monotonic)
        self._by_user = TokenBuckets(section.user_rate_limit_per_min, monotonic)
        self._lines = lines_of_strangers(monotonic)
        self._max_body_bytes = section.max_body_bytes
        self._entries = entries
        self._fallback = fallback
        self._bearers = Bearers(identity, section.rate_limit_per_min, monotonic)
        self._everybody = LOCAL if everybody is None and identity.mode == "off" else everybody
        self._share: FairShare | None = None
        if self._everybody is not LOCAL:
            self._share = FairShare(section.user_reads_at_once, section.user_reads_waiting)

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
            lines=self._lines,
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
        exchange.principal = self._everybody
        entry = exchange.entry
        if entry is None:
            return await self._answer_unrouted(request, exchange, is_preflight=_is_preflight(request, origin))
        if self._everybody is None and entry.is_identified:
            await self._identify(request, exchange)
        if entry.is_counted:
            self._take(exchange)
        _authorize(exchange)
        request[CALLER] = Caller(exchange.principal, exchange.peer, exchange.refusal)
        if self._share is None or not entry.is_costly:
            return await handler(request)
        payer = _payer(exchange)
        await self._share.enter(payer)
        try:
            return await handler(request)
        finally:
            self._share.leave(payer)

    async def _identify(self, request: web.Request, exchange: Exchange) -> None:
        """Find out who asks; on a public route a token that opens nothing is nobody's."""
        try:
            token = token_of(request.headers)
            if token is not None:
                site = exchange.peer.site
                exchange.principal = self._bearers.known(token, site) or await self._bearers.whose(token, site)
        except (UnauthorizedError, RateLimitedError, JwksUnavailableError) as e:
            exchange.refusal = e
            if exchange.entry is not None and exchange.entry.role != "public":
                raise

    async def _answer_unrouted(
        self, request: web.Request, exchange: Exchange, *, is_preflight: bool
    ) -> web.StreamResponse:
        """Answer for a path or method without a route: a preflight, a file of the page, or the router's refusal."""
        refusal = request.match_info.http_exception or web.HTTPNotFound()
        if isinstance(refusal, web.HTTPNotFound) and request.method in {"GET", "HEAD"}:
            file = await self._fallback(request)
            if file is not None:
                return file
        if self._everybody is None and not is_preflight:
            await self._identify(request, exchange)
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
        buckets = self._by_peer if exchange.principal is None else self._by_user
        budget = buckets.take(_payer(exchange))
        exchange.headers |= {
            "X-RateLimit-Limit": str(budget.limit),
            "X-RateLimit-Remaining": str(budget.remaining),
            "X-RateLimit-Reset": str(budget.reset_s),
        }
        if budget.retry_after_s is not None:
            raise RateLimitedError(f"more than {budget.limit} requests a minute", retry_after_s=budget.retry_after_s)


def _payer(exchange: Exchange) -> str:
    """Return the key of the caller's budgets."""
    return exchange.peer.site if exchange.principal is None else exchange.principal.user_id


def _authorize(exchange: Exchange) -> None:
    entry = exchange.entry
    role, need = (entry.role, entry.need) if entry else ("admin", "admin")
    if entry is not None and entry.name in OF_ADMINS_TOO and exchange.principal is not None:
        role, need = ("admin", "admin") if exchange.principal.may("admin", need="admin") else (role, need)
    if exchange.principal is not None:
        exchange.principal.require(role, need=need)
    elif role != "public":
        raise TokenMissingError("needs a token" if role == "person" else f"needs a token with role {role}")


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
    if answer.status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = "Bearer" if exchange.refusal is None else 'Bearer error="invalid_token"'
    return web.Response(status=answer.status, body=answer.body, headers=answer.headers)
