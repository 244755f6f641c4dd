"""What a client shows with the handshake of a WebSocket: a token in a header or subprotocol, a ticket, or nothing."""

import binascii
from base64 import urlsafe_b64decode
from collections.abc import Mapping

from msgspec import Struct
from multidict import CIMultiDictProxy

from actors.bridge.rest.gate import Caller
from actors.bridge.seats import Seats
from actors.ports.identity import LOCAL, Principal
from config.errors import ForbiddenError, NodeError, UnauthorizedError

BEARER = "base64url.bearer."
"""Beginning of the subprotocol that carries a token."""
API_KEY = "wk_"


class Opening(Struct, frozen=True):
    """Who opens a connection."""

    principal: Principal | None
    """None: nobody has said yet who it is."""
    refusal: NodeError | None
    """Why what was shown opens nothing."""
    site: str


class Handshake:
    """Reads handshakes; a token in the query, which logs and referrers would keep, is never read."""

    def __init__(self, seats: Seats) -> None:
        """Ask `seats` who it is."""
        self._seats = seats

    async def read(self, caller: Caller | None, headers: CIMultiDictProxy[str], query: Mapping[str, str]) -> Opening:
        """Return who opens a connection.

        What may succeed later leaves as an error, before the upgrade.

        Args:
            caller: What the gate has found out of the `Authorization` header.
            headers: Of the request.
            query: Of the request.

        Raises:
            RateLimitedError: If too many tokens from there opened nothing.
            JwksUnavailableError: If the issuer's keys cannot be had.
        """
        site = "" if caller is None or caller.peer is None else caller.peer.site
        if self._seats.is_open:
            return Opening(LOCAL, None, site)
        try:
            return Opening(await self._principal(caller, headers, query, site), None, site)
        except (UnauthorizedError, ForbiddenError) as e:
            return Opening(None, e, site)

    async def _principal(
        self, caller: Caller | None, headers: CIMultiDictProxy[str], query: Mapping[str, str], site: str
    ) -> Principal | None:
        if caller is not None and caller.refusal is not None:
            raise caller.refusal
        if caller is not None and caller.principal is not None:
            caller.principal.require("viewer")
            return caller.principal
        token = token_in(headers.getall("Sec-WebSocket-Protocol", ()))
        if token is not None:
            return await self._seats.by_token(token, site)
        ticket = query.get("ticket")
        return None if ticket is None else self._seats.by_ticket(ticket)


def token_in(lines: list[str] | tuple[str, ...]) -> str | None:
    """Return the token among the subprotocols offered, as it is or in base64url; None when there is none.

    Raises:
        UnauthorizedError: If it cannot be read.
    """
    for one in ",".join(lines).split(","):
        text = one.strip()
        if text.startswith(BEARER):
            return _read(text.removeprefix(BEARER))
    return None


def _read(text: str) -> str:
    if "." in text or text.startswith(API_KEY):  # base64url has no dot, and an encoded key begins otherwise
        return text
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
    except (binascii.Error, ValueError) as e:
        raise UnauthorizedError("the token in the subprotocol cannot be read") from e
