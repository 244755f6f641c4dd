"""One user at the traders: what routes and commands do in somebody's name, within that user's budget of orders."""

from collections.abc import Sequence

import structlog

from actors.bridge.context import Context
from actors.orders import BalanceRow, PositionRow
from actors.ports import Traders
from actors.ports.identity import Principal
from actors.wire_traders import TraderBody, trader_body
from config.errors import NotReadyError, RateLimitedError, UnauthorizedError


class Desk:
    """What one user does with the own account; made for one request or operation."""

    __slots__ = ("_context", "user_id")

    def __init__(self, context: Context, principal: Principal | None) -> None:
        """Act for a user.

        Raises:
            UnauthorizedError: If nobody is known.
        """
        if principal is None:
            raise UnauthorizedError("needs a token with role trader")
        self._context = context
        self.user_id = principal.user_id

    @property
    def traders(self) -> Traders:
        """Where it is done.

        Raises:
            NotReadyError: If this node takes no orders.
        """
        return traders_of(self._context)

    @property
    def trace_id(self) -> str:
        """Of the request or operation."""
        return str(structlog.contextvars.get_contextvars().get("trace_id", ""))

    def count(self) -> None:
        """Take one order from the user's budget.

        Raises:
            RateLimitedError: If there is none left.
        """
        budget = self._context.order_budget.take(self.user_id)
        if budget.retry_after_s is not None:
            per_s = self._context.config.server.user_orders_per_s
            raise RateLimitedError(f"more than {per_s} orders a second", retry_after_s=budget.retry_after_s)

    def positions(self) -> Sequence[PositionRow]:
        """Return the open positions that the user has been told of, at the prices of now.

        Raises:
            NotFoundError: If the user has no trader.
        """
        self.traders.trader(self.user_id)
        return self._context.told.fresh_positions(self.traders, self.user_id)

    def balances(self) -> Sequence[BalanceRow]:
        """Return the balances that the user has been told of.

        Raises:
            NotFoundError: If the user has no trader.
        """
        self.traders.trader(self.user_id)
        return self._context.told.balances(self.traders, self.user_id)

    def trader(self) -> TraderBody:
        """Return the user's trader as it is now.

        Raises:
            NotFoundError: If there is none.
        """
        return trader_of(self.traders, self.user_id)


def traders_of(context: Context) -> Traders:
    """Return the traders.

    Raises:
        NotReadyError: If this node takes no orders.
    """
    if context.traders is None:
        raise NotReadyError("this node takes no orders")
    return context.traders


def trader_of(traders: Traders, user_id: str) -> TraderBody:
    """Return a user's trader with its account.

    Raises:
        NotFoundError: If there is none.
    """
    return trader_body(
        traders.trader(user_id),
        traders.account(user_id),
        positions=len(traders.positions(user_id)),
        orders=len(traders.working(user_id)),
    )
