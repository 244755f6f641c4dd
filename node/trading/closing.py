"""Takes orders and positions of an account out of the market."""

import asyncio
import hashlib
from collections.abc import Sequence

import msgspec
import structlog
from nautilus_trader.model import ClientOrderId

from actors.accounts.accounts import Accounts
from actors.accounts.closing import closing_orders
from actors.orders import DESK, OrderEvent, OrderRow
from actors.ports.journal import Journal
from actors.waiting import until
from config.errors import NodeError, VenueUnavailableError
from node.trading.checks import Checks
from node.trading.crew import Crew
from node.trading.gate import Gate, Request, conflict
from node.trading.recovery import orphans
from node.trading.trader import Trader

ENDED_S = 5.0
"""How long the orders of a position that is closed may take to end."""
_POLL_S = 0.002

log = structlog.get_logger(__name__)


class Closing:
    """Cancels, closes and flattens; allowed in every trading state."""

    def __init__(self, checks: Checks, accounts: Accounts, journal: Journal, crew: Crew, gate: Gate) -> None:
        """Act through the strategies of `crew`, and on what is still in the `gate`."""
        self._checks = checks
        self._accounts = accounts
        self._journal = journal
        self._crew = crew
        self._gate = gate
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}
        self._later: list[tuple[OrderRow, str]] = []
        self.is_restoring = False
        """Whether an engine is being given the books: what is canceled now has been given to it already."""

    def cancel(self, row: OrderRow, reason: str = "it was canceled before it was sent") -> None:
        """Ask for the cancel of a working order.

        Raises:
            VenueUnavailableError: While there is no engine.
        """
        if self._gate.doom(row, reason):
            return
        floor = self._crew.floor
        if floor is None:
            raise VenueUnavailableError("the engine is being rebuilt", retry_after_s=1.0)
        floor.carrier(row.user_id, row.strategy).cancel_order(ClientOrderId(row.order_id))

    def cancel_all(self, trader: Trader, instrument_id: str | None, reason: str) -> list[OrderRow]:
        """Ask for the cancel of all working orders, or those of one instrument; return them."""
        rows = list(trader.account.orders.working(instrument_id))
        for row in rows:
            self.cancel(row, reason)
        return rows

    def withdraw_all(self, trader: Trader, reason: str) -> None:
        """Cancel all working orders whatever state the node is in; one that cannot be does not keep the others.

        Without an engine, and for a trader that was set aside, they end in the books, so that the next one never gets
        them.
        """
        for row in list(trader.account.orders.working()):
            self._withdraw(row, reason)

    async def withdrawn(self, trader: Trader, reason: str) -> None:
        """Cancel all working orders as `withdraw_all` does; return when they have ended."""
        ids = [row.order_id for row in trader.account.orders.working()]
        self.withdraw_all(trader, reason)
        while any((row := trader.account.orders.get(one)) is not None and row.is_working for one in ids):  # noqa: ASYNC110  # events of many orders
            await asyncio.sleep(_POLL_S)

    def catch_up(self) -> None:
        """Cancel what was to be canceled while an engine was being given the books."""
        self.is_restoring = False
        later, self._later = self._later, []
        for row, reason in later:
            self._withdraw(row, reason)

    def _withdraw(self, row: OrderRow, reason: str) -> None:
        if self._gate.doom(row, reason):
            return
        if self.is_restoring:
            self._later.append((row, reason))
        elif self._crew.floor is None or (row.user_id, DESK) not in self._crew.floor:
            event = OrderEvent(kind="canceled", order_id=row.order_id, ts=self._checks.now_ns(), reason=reason)
            self._accounts.on_event(row.account_id, event)
        else:
            try:
                self.cancel(row, reason)
            except Exception:
                log.exception("order_not_canceled", user_id=row.user_id, order_id=row.order_id)

    def cancel_orphans(self, trader: Trader) -> None:
        """Cancel the working orders of strategies that do not run: nobody looks after them."""
        for row in orphans(trader):
            self.cancel(row, "its strategy does not run")

    async def close(
        self,
        trader: Trader,
        instrument_id: str,
        *,
        quantity: str | None = None,
        price: str | None = None,
        client_order_id: str | None = None,
        trace_id: str = "",
    ) -> Sequence[OrderRow]:
        """Close all or part of a position; see `Traders.close_position`."""
        async with self._locks.setdefault((trader.user_id, instrument_id), asyncio.Lock()):
            self._checks.check_open(trader)
            self._checks.instrument(instrument_id)
            body = _digest(instrument_id, quantity, price)
            if client_order_id is not None and (known := await self._known(trader, client_order_id)) is not None:
                if known.body_hash != body:
                    raise conflict(client_order_id)
                return [known]
            chosen = {"quantity": quantity, "price": price, "client_order_id": client_order_id}
            closing_orders(trader.account, instrument_id, **chosen)  # whether there is anything to close
            await self._clear(trader, instrument_id)
            orders = closing_orders(trader.account, instrument_id, **chosen)
            requests = [Request(order.ticket, order.strategy, is_closing=True, body=body) for order in orders]
            items = await self._gate.submit(trader, requests, trace_id)
            for item in items:
                if item.error is not None:
                    raise item.error
            return [item.order for item in items if item.order is not None]

    async def flatten(self, trader: Trader, *, trace_id: str = "") -> list[str]:
        """Close every position at the market; return what could not be closed, in words."""
        problems = []
        for position in self._accounts.positions(trader.account_id):
            try:
                await self.close(trader, position.instrument_id, trace_id=trace_id)
            except NodeError as e:
                problems.append(f"{position.instrument_id}: {e}")
        return problems

    async def _clear(self, trader: Trader, instrument_id: str) -> None:
        """Cancel the account's orders on an instrument and wait until they have ended."""
        orders = trader.account.orders
        self.cancel_all(trader, instrument_id, "its position is being closed")
        if not await until(lambda: not any(True for _ in orders.working(instrument_id)), ENDED_S):
            raise VenueUnavailableError("orders there are still being canceled", retry_after_s=1.0)

    async def _known(self, trader: Trader, client_order_id: str) -> OrderRow | None:
        known = trader.account.orders.find(client_order_id)
        return known or await self._journal.find_order(trader.user_id, client_order_id)


def _digest(*asked: str | None) -> str:
    """Return the digest of a request to close: the orders that it makes depend on what is held then."""
    return hashlib.sha256(msgspec.json.encode(("close", *asked))).hexdigest()
