"""What must hold before anything of a trader is sent anywhere."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from actors.accounts.accounts import Accounts
from actors.accounts.risk import Risk, Situation, stricter
from actors.market import Instrument
from actors.orders import OrderRow
from actors.ports.host import TradingStateName
from actors.ports.journal import Journal
from config.errors import (
    NotReadyError,
    ShutdownError,
    StoreUnavailableError,
    UnknownInstrumentError,
    VenueUnavailableError,
)
from node.trading.screen import StrategyScreen
from node.trading.trader import Trader

ASIDE_S = 60.0
"""When to ask again for a trader that was set aside: nothing but another engine brings it back."""


class Checks:
    """Asked before every order; owner of the node's own trading state."""

    def __init__(
        self,
        accounts: Accounts,
        risk: Risk,
        journal: Journal,
        instruments: Mapping[str, Instrument],
        *,
        screen: StrategyScreen,
        now_ns: Callable[[], int],
        is_stale: Callable[[], bool],
    ) -> None:
        """Begin closed: nothing has been restored yet.

        Args:
            accounts: Tell what accounts have and lose.
            risk: The limits.
            journal: Refuses when it cannot be written.
            instruments: What can be traded.
            screen: Judges what strategies want to open.
            now_ns: Market time.
            is_stale: Whether the feed has been silent for longer than it may.
        """
        self._accounts = accounts
        self._risk = risk
        self._journal = journal
        self._instruments = instruments
        self.screen = screen
        self.now_ns = now_ns
        self._is_stale = is_stale
        self.node_state: TradingStateName = "active"
        self.is_stopping = False
        self.missing: str | None = "the books are not restored yet"
        """Why no orders are taken; None once the books have been compared."""

    def check_open(self, trader: Trader) -> None:
        """Check that the node takes orders of a trader at all.

        Raises:
            ShutdownError: While it stops.
            NotReadyError: Until the books are reconciled, and for a trader that was set aside.
            StoreUnavailableError: If nothing can be made durable.
        """
        if self.is_stopping:
            raise ShutdownError("the node is stopping: no orders are taken")
        if self.missing is not None:
            raise NotReadyError(f"no orders are taken: {self.missing}", retry_after_s=1.0)
        self.check_attached(trader)
        self.check_journal()

    def check_attached(self, trader: Trader) -> None:
        """Check that the engine has a trader's books.

        Raises:
            NotReadyError: If it was set aside.
        """
        if trader.is_aside:
            raise NotReadyError(f"your trader is {trader.failure}", retry_after_s=ASIDE_S)

    def check_journal(self) -> None:
        """Check that something can be made durable.

        Raises:
            StoreUnavailableError: If not.
        """
        if (trouble := self._journal.trouble) is not None:
            raise StoreUnavailableError(f"the journal cannot be written: {trouble}", retry_after_s=5.0)

    def instrument(self, instrument_id: str) -> Instrument:
        """Return an instrument that can be traded.

        Raises:
            UnknownInstrumentError: If there is none.
        """
        found = self._instruments.get(instrument_id)
        if found is None:
            raise UnknownInstrumentError(f"no instrument {instrument_id[:64]!r} on this node")
        return found

    def state(self, trader: Trader) -> TradingStateName:
        """Return the stricter one of a trader's own trading state and the node's."""
        return stricter(trader.own_state, self.node_state)

    def check(
        self,
        trader: Trader,
        row: OrderRow,
        *,
        replacing: OrderRow | None = None,
        is_closing: bool = False,
        is_rated: bool = True,
    ) -> Decimal:
        """Check an order against market, limits and money; return the price to reserve it at.

        Raises:
            NodeError: What forbids it, as `Traders.submit` tells.
        """
        if row.type == "market" and self._is_stale():
            raise VenueUnavailableError(
                f"{row.instrument_id}: no market data at the moment, so no market orders", retry_after_s=5.0
            )
        situation = self.situation(trader, is_rated=is_rated and not is_closing)
        return self._risk.check(row, trader.account, situation, replacing=replacing, is_closing=is_closing)

    def situation(self, trader: Trader, *, is_rated: bool = True) -> Situation:
        """Return what an order of a trader meets now; `is_rated` takes of its rate."""
        bucket = trader.bucket if is_rated else None
        return self._accounts.situation(trader.account_id, trader.limits, self.state(trader), bucket)

    def obstacle(self, trader: Trader, *, is_closing: bool = False) -> str | None:
        """Return why an order that has become durable must not be sent any more, in words."""
        if self.is_stopping:
            return "the node was stopping"
        if (trouble := self._journal.trouble) is not None:
            return f"the journal cannot be written: {trouble}"
        if trader.is_aside:
            return f"its trader is {trader.failure}"
        if self.state(trader) == "halted" and not is_closing:
            return "trading was halted before it was sent"
        return None
