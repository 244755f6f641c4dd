"""A trader for everybody who may trade, and none that trades for somebody who may not."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog
from prometheus_client import Counter

from actors.ports.people import People, User
from config.errors import NodeError

if TYPE_CHECKING:
    from node.traders import NodeTraders

log = structlog.get_logger(__name__)

_troubles = Counter(
    "whisperer_user_traders_failed_total", "Traders of users not opened or halted; the next start tries it again"
)


class UserTraders:
    """Implements `ports.PeopleListener` over the traders of the node."""

    def __init__(self, traders: "NodeTraders", people: People, configured: Sequence[str]) -> None:
        """Begin with traders that may or may not fit the users.

        Args:
            traders: Of the node.
            people: Who may trade.
            configured: Names of `[[traders]]`, which belong to no user.
        """
        self._traders = traders
        self._people = people
        self._configured = frozenset(configured)

    async def open(self) -> None:
        """Open what is missing and halt what may not trade; before the first engine."""
        may = {user.user_id for user in self._people.users() if may_trade(user)}
        present = {trader.user_id for trader in self._traders.traders()}
        for user_id in sorted(may - present):
            with _counted(user_id, "open"):
                await self._traders.add_trader(user_id)
        for user_id in sorted(present - may - self._configured):
            await self._halt(user_id)

    async def user_made(self, user: User) -> None:
        """Give a new user, or one that got the role, a trader.

        Raises:
            NoCapacityError: If no slot is free.
            StoreUnavailableError: If it cannot be made durable.
        """
        if may_trade(user):
            await self._traders.add_trader(user.user_id)

    async def user_changed(self, user: User) -> None:
        """Halt the trader of somebody who may trade no longer, and open that of somebody who now may.

        Raises:
            NoCapacityError: If no slot is free.
            StoreUnavailableError: If it cannot be made durable.
        """
        if may_trade(user) and any(one.user_id == user.user_id for one in self._people.users()):
            await self._traders.add_trader(user.user_id)
        elif user.user_id in self._traders.present().traders:
            await self._halt(user.user_id)

    async def _halt(self, user_id: str) -> None:
        trader = self._traders.present().traders[user_id]
        if trader.own_state == "halted" and not any(True for _ in trader.account.orders.working()):
            return
        with _counted(user_id, "halt"):
            await self._traders.kill(user_id, flatten=False, actor="node")


def may_trade(user: User) -> bool:
    """Return whether a user may send orders."""
    return "trader" in user.roles and not user.is_disabled


@contextmanager
def _counted(user_id: str, what: str) -> Iterator[None]:
    """Count and log what keeps one user's trader from it: the user is made or changed already."""
    try:
        yield
    except NodeError as e:
        _troubles.inc()
        log.error("user_trader_failed", user_id=user_id, what=what, reason=str(e))  # noqa: TRY400  # its words say it
