"""What a REST resource is: plain Python that gets a checked call and gives an answer; no socket, no framework."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

import msgspec
from msgspec import Struct, field

from actors.bridge.context import Context
from actors.bridge.rest.problems import ProblemAnswer, problem_answer
from actors.ports.identity import LOCAL, Principal
from actors.wire import Problem
from config.auth_errors import TokenMissingError
from config.errors import NodeError
from config.registry import Registry

JSON = "application/json"
_NOTHING: Mapping[str, str] = MappingProxyType({})


class NoQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """A route without query parameters."""


class Call(Struct, frozen=True, kw_only=True):
    """One request: identified, allowed, its query checked."""

    path: Mapping[str, str] = field(default_factory=dict)
    """Values of the `{…}` of the path; any text: only for look-ups."""
    headers: Mapping[str, str] = _NOTHING
    """Names in any case."""
    principal: Principal | None = LOCAL
    """None: nobody known, on a public route."""
    refusal: NodeError | None = None
    """On a public route: why the token that was sent opens nothing; `person_of` raises it."""
    peer: str = ""
    """Address of the caller, behind a trusted proxy the one it names."""
    is_direct: bool = True
    """False when an untrusted hop says that it forwards for somebody."""
    body: Any = None
    """The decoded body, an instance of the route's `body`."""


class Answer(Struct, frozen=True, kw_only=True):
    """What goes back."""

    body: bytes = b""
    status: int = 200
    media_type: str = JSON
    headers: Mapping[str, str] = _NOTHING
    file: Path | None = None
    """A file to send in place of the body."""


class Route[Q: Struct](ABC):
    """One verb on one path; its class docstring is the text of the OpenAPI document."""

    query: ClassVar[type[Struct]] = NoQuery
    """Query parameters: unknown ones and values against a constraint are refused."""
    body: ClassVar[type[Struct] | None] = None
    """Struct of the JSON body; None: a body is ignored."""
    reply: ClassVar[Any] = None
    """Type of the JSON answer; None when it is not JSON."""
    media_type: ClassVar[str] = JSON
    also: ClassVar[tuple[str, ...]] = ()
    """Other media types that may be asked for."""
    status: ClassVar[int] = 200
    """Of an answer that is no error."""
    tag: ClassVar[str] = "market data"
    """Chapter of the OpenAPI document."""
    problems: ClassVar[tuple[type[NodeError], ...]] = ()
    """What it raises beside the errors that every route may answer."""
    refusal: ClassVar[type[Struct]] = Problem
    """Struct of the JSON of an error."""
    parameters: ClassVar[Mapping[str, str]] = _NOTHING
    """What the `{…}` of the path mean."""
    is_counted: ClassVar[bool] = True
    """Whether it takes from the caller's budget of requests."""
    is_identified: ClassVar[bool] = True
    """False where one signs in: what stands in `Authorization` is not looked at, clients send their project's key."""
    is_tagged: ClassVar[bool] = False
    """Whether answers may carry an `ETag`: who has them already, and says so, gets 304."""
    is_costly: ClassVar[bool] = False
    """Whether it reads from disk or source, or answers in long pages: of those a user has so many in progress."""

    def __init__(self, context: Context) -> None:
        self.context = context

    @classmethod
    def refused(cls, error: NodeError, request_id: str) -> ProblemAnswer:
        """Return what the caller gets for an error, whoever has found it."""
        return problem_answer(error, request_id)

    @abstractmethod
    async def answer(self, call: Call, query: Q) -> Answer:
        """Answer one call.

        Raises:
            NodeError: Its code and status become the problem document.
        """


routes: Registry[Route[Any]] = Registry("route", "actors.bridge.routes")
"""`METHOD path` -> resource; the same names as in `access.ROUTES`."""

_encode = msgspec.json.Encoder().encode


def json_answer(reply: object, *, status: int = 200, headers: Mapping[str, str] = _NOTHING) -> Answer:
    """Return a struct as JSON."""
    return Answer(body=_encode(reply), status=status, headers=headers)


def person_of(call: Call) -> Principal:
    """Return who asks, where a public route needs somebody after all.

    Raises:
        NodeError: If nobody is known; says why the token that was sent opens nothing.
    """
    if call.principal is None:
        raise call.refusal or TokenMissingError("needs a token")
    return call.principal


def body_of[B: Struct](call: Call, kind: type[B]) -> B:
    """Return the decoded body, which is of the route's `body`."""
    if not isinstance(call.body, kind):
        raise TypeError(f"expected {kind.__name__}, was {type(call.body).__name__}")
    return call.body


def tagged_answer(call: Call, body: bytes) -> Answer:
    """Return JSON bytes with an entity tag, or 304 when the caller has them."""
    tag = f'"{blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if has_tag(call.headers.get("If-None-Match", ""), tag):
        return Answer(status=304, headers=headers)
    return Answer(body=body, headers=headers)


def has_tag(header: str, tag: str) -> bool:
    """Return whether an If-None-Match header names the tag (weak comparison)."""
    return any(one.strip().removeprefix("W/") in {tag, "*"} for one in header.split(","))
