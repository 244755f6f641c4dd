"""Tickets: what opens one WebSocket for somebody who has signed in, for clients that can set no header."""

import secrets
import time
from collections.abc import Callable

from msgspec import Struct

from actors.ports.identity import Principal
from config.errors import UnauthorizedError

LIFETIME_S = 30.0
PER_USER = 50
"""Tickets of one user that wait; one more makes the oldest worthless."""
_BYTES = 32


class _Ticket(Struct, frozen=True):
    principal: Principal
    until: float


class Tickets:
    """Each opens one connection, once, within 30 seconds; they are kept in memory only."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Start without tickets.

        Args:
            monotonic: Seconds that only grow.
        """
        self._monotonic = monotonic
        self._by_user: dict[str, dict[str, _Ticket]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._by_user.values()))

    def issue(self, principal: Principal) -> str:
        """Return a new ticket of somebody."""
        self._forget_old()
        own = self._by_user.setdefault(principal.user_id, {})
        if len(own) >= PER_USER:
            del own[next(iter(own))]
        secret = secrets.token_urlsafe(_BYTES)
        own[secret] = _Ticket(principal, self._monotonic() + LIFETIME_S)
        return f"{principal.user_id}.{secret}"

    def take(self, text: str) -> Principal:
        """Return whose ticket this is; it is worth nothing from now on.

        Raises:
            UnauthorizedError: If it opens nothing.
        """
        user_id, _, secret = text.rpartition(".")
        ticket = self._by_user.get(user_id, {}).pop(secret, None)
        self._forget_old()
        if ticket is None or ticket.until < self._monotonic():
            raise UnauthorizedError("that ticket opens nothing: one opens a single connection, for 30 seconds")
        return ticket.principal

    def _forget_old(self) -> None:
        now = self._monotonic()
        for user_id, own in list(self._by_user.items()):
            for secret, ticket in list(own.items()):
                if ticket.until >= now:
                    break  # the others are younger
                del own[secret]
            if not own:
                del self._by_user[user_id]
