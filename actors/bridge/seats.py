"""Who sits at the connections: how many each user has, what all of one user's may do, and who is sent away."""

import asyncio
from collections import Counter as Tally
from collections.abc import Callable
from contextvars import Context as Variables

from actors.bridge.context import Clock, Context
from actors.bridge.delivery.scheduler import WALL_CLOCK
from actors.bridge.rest.bearer import Bearers
from actors.bridge.rest.limits import TokenBuckets
from actors.bridge.seat import AUTH_S, GRACE_S, UNAUTHORIZED, Seat
from actors.ports.identity import LOCAL, EndReason, Principal
from config.errors import ConnectionLimitError, ForbiddenError, NodeError, RateLimitedError, UnauthorizedError

REVOKED = "session_revoked"
RESERVED = 5
"""One seat in so many is for those who have none yet: a few users with many seats leave some to the others."""


class Seats:
    """All seats of the node; hears from the identity when a session or an API key has ended."""

    def __init__(
        self, context: Context, *, clock: Clock | None = None, auth_s: float = AUTH_S, grace_s: float = GRACE_S
    ) -> None:
        """Start without seats.

        Args:
            context: Configuration, identity and tickets.
            clock: Wall time; None takes the computer's.
            auth_s: How long a connection may stay without an owner.
            grace_s: How long one may stay after its token has ended.
        """
        limits = context.config.ws
        self.identity = context.identity
        self.clock = clock or WALL_CLOCK
        self.is_open = context.identity.mode == "off"
        """Whether everybody is the local principal."""
        self.auth_s = auth_s
        self.grace_s = grace_s
        monotonic = self.clock.monotonic
        self._tickets = context.tickets
        self._bearers = Bearers(context.identity, context.config.server.rate_limit_per_min, monotonic)
        self._per_user = limits.max_connections_per_user
        self._common = limits.max_concurrent_connections - limits.max_concurrent_connections // RESERVED
        self._operations = TokenBuckets(
            limits.user_operations_per_s * 60, monotonic, burst=limits.user_operations_burst
        )
        self._channels = TokenBuckets(limits.user_channels_per_s * 60, monotonic, burst=limits.user_channels_burst)
        self._taken: dict[Seat, None] = {}
        self._counts: Tally[str] = Tally()
        self._next: asyncio.TimerHandle | None = None
        context.portions.heard = self.heard
        context.identity.listen(self)

    def take(
        self,
        principal: Principal | None,
        site: str,
        close: Callable[[int, str], None],
        *,
        refusal: NodeError | None = None,
    ) -> Seat:
        """Return a seat for somebody, or for nobody known yet.

        Args:
            principal: Whose.
            site: Where the connection comes from.
            close: Closes the connection with a code and a reason.
            refusal: Why what came with the handshake opens nothing: the connection closes as soon as it has begun.

        Raises:
            ConnectionLimitError: If there are as many as may be.
        """
        key = _key(principal, site)
        self._check_room(key)
        self._counts[key] += 1
        seat = Seat(self, principal, site, close, refusal)
        self._taken[seat] = None
        return seat

    def change(self, seat: Seat, principal: Principal) -> None:
        """Give a seat that was nobody's to somebody, or renew it.

        Raises:
            ConnectionLimitError: If that user has as many as may be.
            ForbiddenError: If it is another user's.
            UnauthorizedError: If it was left meanwhile.
        """
        if seat not in self._taken:
            raise UnauthorizedError("the connection has closed")
        if seat.principal is not None:
            if seat.principal.user_id != principal.user_id:
                raise ForbiddenError("this connection is another user's")
            return
        key = _key(principal, seat.site)
        self._check_room(key)
        self._count_out(_key(None, seat.site))
        self._counts[key] += 1

    def leave(self, seat: Seat) -> None:
        """Free a seat; safe to call twice."""
        if seat in self._taken:
            del self._taken[seat]
            self._count_out(_key(seat.principal, seat.site))

    async def by_token(self, token: str, site: str) -> Principal:
        """Return who may connect with a token or API key.

        Raises:
            NodeError: If it opens nothing, or not this.
        """
        if not token:
            raise UnauthorizedError("needs a token")
        return self._admitted(await self._bearers.whose(token, site))

    def by_ticket(self, ticket: str) -> Principal:
        """Return who may connect with a ticket, which is used up.

        Raises:
            NodeError: If it opens nothing, or nothing any more.
        """
        return self._admitted(self._tickets.take(ticket))

    def count(self, principal: Principal) -> None:
        """Take one operation from a user's budget, and note that the user is active.

        Raises:
            RateLimitedError: If there is none left.
        """
        self.identity.note(principal)
        _check(self._operations, principal, 1, "operations a second on all your connections")

    def count_channels(self, principal: Principal, count: int) -> None:
        """Take subscriptions from a user's budget.

        Raises:
            RateLimitedError: If there are not so many left.
        """
        if not self.is_open:
            _check(self._channels, principal, count, "channels a second on all your connections")

    def heard(self, user_id: str) -> set[str]:
        """Return the names of the channels that a user's connections hear."""
        own = (seat for seat in self._taken if seat.principal is not None and seat.principal.user_id == user_id)
        return {name for seat in own for name in seat.heard}

    def watch(self, until: float) -> None:
        """Look at the seats at `until`, in seconds of the loop, if not before."""
        if self._next is not None and self._next.when() <= until:
            return
        if self._next is not None:
            self._next.cancel()
        self._next = asyncio.get_running_loop().call_at(until, self._look, context=Variables())

    def _look(self) -> None:
        self._next = None
        now = asyncio.get_running_loop().time()
        for seat in list(self._taken):
            seat.check(now)
        if (due := min((seat.until for seat in self._taken if seat.until is not None), default=None)) is not None:
            self.watch(due)

    def session_ended(self, user_id: str, session_id: str, reason: EndReason) -> None:  # noqa: ARG002  # one code
        """Close what this session has open."""
        for seat in list(self._taken):
            if seat.principal is not None and seat.principal.session_id == session_id:
                seat.close(UNAUTHORIZED, REVOKED)

    def key_ended(self, user_id: str, key_id: str) -> None:  # noqa: ARG002  # a key has one owner
        """Close what this API key has open."""
        for seat in list(self._taken):
            if seat.principal is not None and seat.principal.key_id == key_id:
                seat.close(UNAUTHORIZED, REVOKED)

    def _admitted(self, principal: Principal) -> Principal:
        refusal = self.identity.refusal(principal)
        if refusal is not None:
            raise refusal
        principal.require("viewer")
        return principal

    def _check_room(self, key: str) -> None:
        if key == LOCAL.user_id:
            return
        if self._counts[key] >= self._per_user:
            raise ConnectionLimitError(f"at most {self._per_user} connections each", retry_after_s=5.0)
        if self._counts[key] and len(self._taken) >= self._common:
            raise ConnectionLimitError("the last places are for those who have none yet", retry_after_s=5.0)

    def _count_out(self, key: str) -> None:
        self._counts[key] -= 1
        if self._counts[key] <= 0:
            del self._counts[key]


def _key(principal: Principal | None, site: str) -> str:
    return f"@{site}" if principal is None else principal.user_id


def _check(buckets: TokenBuckets, principal: Principal, count: int, what: str) -> None:
    budget = buckets.take(principal.user_id, count)
    if budget.retry_after_s is not None:
        raise RateLimitedError(f"more than {budget.limit // 60} {what}", retry_after_s=budget.retry_after_s)
