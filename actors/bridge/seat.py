"""One connection's seat: whose it is and until when; signing in, renewing, being sent away."""

import asyncio
from collections.abc import Callable, Collection
from contextvars import Context as Variables
from typing import TYPE_CHECKING, Literal

from actors.bridge.access import OPERATIONS, need_of
from actors.ports.identity import Principal
from config.auth_errors import TokenExpiredError
from config.errors import ForbiddenError, NodeError, UnauthorizedError

if TYPE_CHECKING:
    from actors.bridge.seats import Seats

AUTH_S = 5.0
"""How long a connection may stay without an owner."""
GRACE_S = 5.0
"""How long one may stay after its token has ended."""
UNAUTHORIZED, FORBIDDEN, AUTH_TIMEOUT = 4401, 4403, 4408

SeatState = Literal["local", "required", "signed_in"]


class Seat:
    """Its time runs until somebody signs in, then until the token has ended; one timer serves all seats."""

    __slots__ = ("_close", "_is_begun", "_refusal", "_seats", "heard", "principal", "site", "until")

    def __init__(
        self,
        seats: "Seats",
        principal: Principal | None,
        site: str,
        close: Callable[[int, str], None],
        refusal: NodeError | None = None,
    ) -> None:
        """Sit down; time runs from `begin` on."""
        self._seats = seats
        self._close = close
        self._is_begun = False
        self._refusal = refusal
        self.principal = principal
        """Whose it is; None: nobody's yet."""
        self.site = site
        self.heard: Collection[str] = ()
        """Names of the channels that its connection hears; the session sets them."""
        self.until: float | None = None
        """Seconds of the loop at which it closes as things are; None: never."""

    @property
    def state(self) -> SeatState:
        """What a client has to know: whether it must sign in."""
        if self._seats.is_open:
            return "local"
        return "required" if self.principal is None else "signed_in"

    def begin(self) -> None:
        """Let time run; whose owner has been refused is closed at once."""
        self._is_begun = True
        refusal, self._refusal = self._refusal, None
        if refusal is None and self.principal is not None:
            refusal = self._seats.identity.refusal(self.principal)  # it may have ended during the handshake
        if refusal is not None:
            self.close(_code(refusal), refusal.code)
        else:
            self._arm()

    def leave(self) -> None:
        """Free the seat; safe to call twice."""
        self._is_begun = False
        self.until = None
        self._seats.leave(self)

    def close(self, code: int, reason: str) -> None:
        """Close the connection; one that has not begun closes when it does."""
        if self._is_begun:
            self.until = None
            self._close(code, reason)

    def require(self, op: str) -> None:
        """Do nothing when an operation is allowed, and count it.

        Raises:
            NodeError: If it is not; the connection closes when its owner may stay no longer.
        """
        role, principal = OPERATIONS[op], self.principal
        if principal is None:
            if role != "public":
                raise UnauthorizedError("send `auth` with a token first")
            return
        if not self._seats.is_open and role != "public":
            self._check_owner(principal)
        principal.require(role, need=need_of(op, role))

    async def sign_in(self, token: str) -> Principal:
        """Take the seat with a token, or renew what was taken; return who sits there.

        Raises:
            NodeError: If the token opens nothing, or is another user's; a seat without an owner is then given up.
        """
        if self._seats.is_open and self.principal is not None:
            return self.principal
        try:
            principal = await self._seats.by_token(token, self.site)
            self._seats.change(self, principal)
        except (UnauthorizedError, ForbiddenError) as e:
            if self.principal is None:  # after the answer
                asyncio.get_running_loop().call_soon(self.close, _code(e), e.code, context=Variables())
            raise
        self.principal = principal
        self._arm()
        return principal

    def count_channels(self, count: int) -> None:
        """Take subscriptions from the owner's budget.

        Raises:
            RateLimitedError: If there are not so many left.
        """
        if self.principal is not None:
            self._seats.count_channels(self.principal, count)

    def _check_owner(self, principal: Principal) -> None:
        refusal = self._seats.identity.refusal(principal)
        if refusal is not None:
            if not isinstance(refusal, TokenExpiredError):  # that one may be renewed for a moment
                self.close(_code(refusal), refusal.code)
            raise refusal
        self._seats.count(principal)

    def check(self, now: float) -> None:
        """Close the connection if its time is over at `now`, in seconds of the loop."""
        if self.until is None or now < self.until:
            return
        self.until = None
        if self.principal is None:
            self.close(AUTH_TIMEOUT, "auth_timeout")
        elif (self._left_s() or 0.0) > 0.0:  # the wall clock was set back, or is slower
            self._arm()
        else:
            self.close(UNAUTHORIZED, "token_expired")

    def _arm(self) -> None:
        left_s = self._left_s()
        self.until = None
        if left_s is not None and self._is_begun:
            self.until = asyncio.get_running_loop().time() + max(left_s, 0.0)
            self._seats.watch(self.until)

    def _left_s(self) -> float | None:
        """Return how long the connection may stay as things are; None: for ever."""
        if self.principal is None:
            return self._seats.auth_s
        until = self.principal.expires_ms
        return None if until is None else (until - self._seats.clock.wall_ms()) / 1_000 + self._seats.grace_s


def _code(refusal: NodeError) -> int:
    return FORBIDDEN if isinstance(refusal, ForbiddenError) else UNAUTHORIZED
