"""Between aiohttp and a route: a request becomes a checked call, an answer a response."""

import asyncio
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from aiohttp import web

from actors.bridge.rest.body import check_media, decode
from actors.bridge.rest.gate import CALLER
from actors.bridge.rest.query import parse
from actors.bridge.rest.route import Answer, Call, Route
from config.errors import BadRequestError, NotFoundError, RangeError

BODY_TIMEOUT_S = 30.0


class Endpoint:
    """One route on aiohttp."""

    def __init__(self, route: Route[Any], own_ports: AbstractSet[int]) -> None:
        """Take a route.

        Args:
            route: What answers.
            own_ports: Ports of this node, known once it listens.
        """
        self._route = route
        self._own_ports = own_ports

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request that the gate let through.

        Raises:
            NodeError: What the route raises, or what is wrong with the query or body.
        """
        caller = request[CALLER]
        asked = request.query.items() if self._route.is_counted else ()  # a page or a probe may carry anything
        query = parse(self._route.query, asked)
        call = Call(
            path=request.match_info,
            headers=request.headers,
            principal=caller.principal,
            refusal=caller.refusal,
            peer=caller.peer.address,
            is_direct=caller.peer.is_direct,
            body=await self._body(request),
        )
        return self._response(request, await self._route.answer(call, query))

    async def find(self, request: web.Request) -> web.StreamResponse | None:
        """Answer for a path that has no route of its own, as if it were the route's `{file}`; None: nothing there."""
        try:
            answer = await self._route.answer(Call(path={"file": request.path.lstrip("/")}), self._route.query())
        except NotFoundError:
            return None
        return self._response(request, answer)

    async def _body(self, request: web.Request) -> object:
        if self._route.body is None:
            return None
        check_media(request.headers.get("Content-Type", ""), request.headers.get("Content-Encoding", ""))
        try:
            async with asyncio.timeout(BODY_TIMEOUT_S):
                raw = await request.read()
        except (TimeoutError, web.RequestPayloadError) as e:
            raise BadRequestError("the body did not arrive as announced") from e
        return decode(raw, self._route.body)

    def _response(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        headers = {"Cache-Control": "no-store", **answer.headers}
        if answer.media_type:
            headers["Content-Type"] = answer.media_type
        if answer.media_type.startswith("text/html"):
            headers.setdefault("Content-Security-Policy", page_policy(self._own_ports))
        if answer.file is not None:
            if "Range" in request.headers:
                check_range(request, answer.file)
            return web.FileResponse(answer.file, headers=headers)
        return web.Response(status=answer.status, body=answer.body, headers=headers)


def check_range(request: web.BaseRequest, file: Path) -> None:
    """Refuse a part that a file does not have, which aiohttp would refuse without a problem document.

    Raises:
        RangeError: If the `Range` counts, and cannot be read or begins after the end.
    """
    found = file.stat()
    if request.if_range is not None and found.st_mtime > request.if_range.timestamp():
        return  # the file is another one than the caller knows, who gets all of it
    try:
        start = max(request.http_range.start or 0, 0)
    except ValueError:
        raise RangeError("Range must be bytes=first-last, one range", size=found.st_size) from None
    if start >= found.st_size:
        raise RangeError(f"Range must begin within the {found.st_size} bytes, was {start}", size=found.st_size)


def page_policy(ports: Iterable[int]) -> str:
    """Return the Content-Security-Policy of the page: nothing from elsewhere, framed by nobody.

    Args:
        ports: Of this node; the WebSocket may be on another one than the page.
    """
    sockets = "".join(f" ws://localhost:{port} ws://127.0.0.1:{port}" for port in sorted(ports))
    return (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        f"font-src 'self' data:; connect-src 'self'{sockets}; manifest-src 'self'; worker-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
