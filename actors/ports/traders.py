"""The traders of a node as the bridge commands them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Literal, Protocol

from msgspec import Struct

from actors.market import Instrument
from actors.orders import (
    AlertRow,
    BalanceRow,
    EquityRow,
    FillRow,
    OrderRow,
    OrderSide,
    OrderTicket,
    PositionRow,
)
from actors.ports.host import TradingStateName
from actors.ports.journal import Page, Span
from actors.ports.own_orders import ScreeningState
from actors.trade_signals import TradeSignalRow
from config.errors import NodeError
from config.trading import StrategyConfigSection

StrategyStateName = Literal["running", "stopped", "retiring", "retired"]


class StrategyState(Struct, frozen=True, kw_only=True):
    """One strategy instance of a trader."""

    name: str
    kind: str
    """Registered name, or the path of its class."""
    state: StrategyStateName
    section: StrategyConfigSection
    reason: str | None = None
    """Why it was retired."""


class StrategyKind(Struct, frozen=True, kw_only=True):
    """One kind of strategy that can be started."""

    name: str
    """Registered name."""
    description: str
    """First line of what its class says of itself."""
    params: dict[str, object]
    """JSON schema of its parameters."""


class Limits(Struct, frozen=True, kw_only=True):
    """What a trader may do; None: no limit. Money in the account's main currency."""

    max_order_notional: Decimal | None
    max_position_notional: Decimal | None
    """Of one instrument."""
    max_open_orders: int | None
    max_orders_per_s: int | None
    price_collar: Decimal | None
    """Furthest a price may be from the market, as a share of it."""
    max_daily_loss: Decimal | None
    """From 00:00 UTC of market time, realized and unrealized, fees included."""
    max_leverage: Decimal | None


class TraderState(Struct, frozen=True, kw_only=True):
    """One trader."""

    user_id: str
    account_id: str
    account_kind: Literal["cash", "margin"]
    state: Literal["starting", "running", "degraded", "stopped"]
    trading_state: TradingStateName
    """The stricter one of the trader's and the node's."""
    strategies: Sequence[StrategyState]
    limits: Limits
    """In force."""
    ceilings: Limits
    """What the limits may be set to at the most."""
    screening: ScreeningState
    """Of its strategies' orders by the signals."""
    degraded: Sequence[str]
    deadman_s: float | None
    """Wall seconds until the dead man's switch cancels; None when it is off."""
    on_stop: Literal["keep", "cancel"]
    """What a stop of the node does with open orders."""


class Preview(Struct, frozen=True, kw_only=True):
    """What an order would do, without sending it."""

    is_valid: bool
    notional: Decimal
    """Quote currency, at the limit price or what the visible book would give."""
    fee: Decimal
    """Estimated: maker fee for what would rest, else taker fee."""
    margin: Decimal
    """It would bind."""
    price: Decimal | None
    """Average price expected; None when the book does not tell."""
    currency: str
    problem: NodeError | None
    """Why it would be refused."""


class BatchItem(Struct, frozen=True, kw_only=True):
    """The outcome of one ticket of a batch: an order or why there is none."""

    order: OrderRow | None = None
    error: NodeError | None = None


class AccountView(Struct, frozen=True, kw_only=True):
    """One account at this moment."""

    account_id: str
    kind: Literal["cash", "margin"]
    currency: str
    equity: Decimal
    cash: Decimal
    unrealized_pnl: Decimal
    realized_pnl: Decimal
    fees: Decimal
    margin_used: Decimal
    day_pnl: Decimal
    """Since 00:00 UTC of market time."""
    ts: int


class Traders(Protocol):
    """Everything a signed-in user can do with an own account; somebody else's things are as if absent.

    Every method that changes something raises `StoreUnavailableError` when it cannot be made durable, `ShutdownError`
    while the node stops and `NotReadyError` until the books are reconciled. `NotFoundError`: the user has no trader,
    or no such position or strategy. `OrderUnknownError`: no such order.
    """

    def trader(self, user_id: str) -> TraderState:
        """Return a user's trader."""

    def traders(self) -> Sequence[TraderState]:
        """Return all of them, for admins."""

    def account(self, user_id: str) -> AccountView:
        """Return a user's account."""

    def instrument(self, instrument_id: str) -> Instrument:
        """Return an instrument that can be traded.

        Raises:
            UnknownInstrumentError: If there is none.
        """

    def working(self, user_id: str) -> Sequence[OrderRow]:
        """Return a user's orders that have not ended, oldest first."""

    def positions(self, user_id: str) -> Sequence[PositionRow]:
        """Return a user's open positions."""

    def balances(self, user_id: str) -> Sequence[BalanceRow]:
        """Return a user's balances."""

    async def order(self, user_id: str, client_order_id: str) -> OrderRow:
        """Return one order of any state by the user's own id."""

    async def orders(self, user_id: str, span: Span) -> Page[OrderRow]:
        """Return orders of any state."""

    async def fills(self, user_id: str, span: Span) -> Page[FillRow]:
        """Return fills."""

    async def equity(self, user_id: str, span: Span) -> Page[EquityRow]:
        """Return the equity curve."""

    async def alerts(self, user_id: str, span: Span) -> Page[AlertRow]:
        """Return what the user was told."""

    async def submit(self, user_id: str, ticket: OrderTicket, *, trace_id: str = "") -> OrderRow:
        """Check, make durable and send an order; the same id and body again is the same order.

        Raises:
            InvalidInputError: If it does not fit its type or instrument; names the field.
            UnknownInstrumentError: If there is no such instrument.
            IdempotencyConflictError: If the id was used with another body.
            OrderDeniedError: If a limit forbids it; names rule, limit and value.
            InsufficientMarginError: If the account cannot carry it.
            TradingHaltedError: If the trading state forbids it.
            VenueUnavailableError: If a market order meets a stale feed.
        """

    async def submit_batch(
        self, user_id: str, tickets: Sequence[OrderTicket], *, trace_id: str = ""
    ) -> Sequence[BatchItem]:
        """Submit up to 50 in their order; each has its own outcome."""

    async def preview(self, user_id: str, ticket: OrderTicket) -> Preview:
        """Tell what `submit` would do, and what it would cost."""

    async def modify(
        self,
        user_id: str,
        client_order_id: str,
        *,
        quantity: str | None = None,
        price: str | None = None,
        trigger_price: str | None = None,
        trace_id: str = "",
    ) -> OrderRow:
        """Ask for a change of a working order; the outcome comes on channel `orders`.

        Raises:
            ConflictError: If it is not working any more.
        """

    async def cancel(self, user_id: str, client_order_id: str, *, trace_id: str = "") -> OrderRow:
        """Ask for the cancel of a working order; allowed in every trading state.

        Raises:
            ConflictError: If it has ended.
        """

    async def cancel_all(
        self, user_id: str, *, instrument_id: str | None = None, trace_id: str = ""
    ) -> Sequence[OrderRow]:
        """Ask for the cancel of all working orders, or those of one instrument; return them."""

    async def close_position(
        self,
        user_id: str,
        instrument_id: str,
        *,
        quantity: str | None = None,
        price: str | None = None,
        client_order_id: str | None = None,
        trace_id: str = "",
    ) -> Sequence[OrderRow]:
        """Close all or part of the account's net position by market or, with a price, by limit orders.

        The account's orders on the instrument are cancelled first; then every strategy sends its own opposite net.

        Raises:
            ConflictError: If it is flat.
        """

    async def deadman(self, user_id: str, timeout_s: float | None) -> float | None:
        """Cancel all of a user's orders unless called again within so many wall seconds; None or 0 turns it off.

        Raises:
            StoreUnavailableError: If it cannot be made durable; the earlier one goes on.
        """

    async def set_trading_state(self, user_id: str, state: TradingStateName, *, actor: str) -> TraderState:
        """Set a trader's own trading state."""

    async def set_limits(self, user_id: str, changes: dict[str, str | int | None], *, actor: str) -> TraderState:
        """Change limits, at most to the ceilings.

        Raises:
            InvalidInputError: If a limit is unknown, wrong or above its ceiling.
        """

    async def set_ceilings(self, user_id: str, changes: dict[str, str | int | None], *, actor: str) -> TraderState:
        """Change what a trader's limits may be set to, at most to what the configuration allows; None: as it allows.

        Limits that are above count as the ceiling from then on, and as themselves once it is raised again.

        Raises:
            InvalidInputError: If a limit is unknown, wrong or above what the configuration allows.
        """

    async def set_screening(self, user_id: str, changes: Mapping[str, object], *, actor: str) -> TraderState:
        """Change how orders of a trader's strategies are judged before they are sent; what is not named stays.

        Raises:
            InvalidInputError: If a field is unknown or wrong.
        """

    async def kill(self, user_id: str | None, *, flatten: bool, actor: str) -> Sequence[TraderState]:
        """Halt a trader, or with None the node, cancel everything and on request close all positions."""

    async def release(self, user_id: str | None, *, actor: str) -> Sequence[TraderState]:
        """End a halt of a trader, or with None of the node: trading is active again."""

    def catalogue(self) -> Sequence[StrategyKind]:
        """Return every registered kind of strategy with the schema of its parameters."""

    async def strategy_start(
        self, user_id: str, section: StrategyConfigSection, *, name: str, actor: str
    ) -> StrategyState:
        """Make a new strategy instance and start it.

        Raises:
            ConflictError: If the trader has one of that name.
            ConfigError: If there is no such strategy, or its parameters are wrong.
        """

    async def strategy_resume(self, user_id: str, name: str, *, actor: str) -> StrategyState:
        """Start a stopped or retired instance again."""

    async def strategy_stop(self, user_id: str, name: str, *, actor: str) -> StrategyState:
        """Cancel an instance's orders and stop it; its position stays with the account."""

    async def strategy_configure(
        self, user_id: str, name: str, params: dict[str, object], *, actor: str
    ) -> StrategyState:
        """Give an instance other parameters; a running one is stopped and started with them."""

    async def strategy_remove(self, user_id: str, name: str, *, actor: str) -> None:
        """Forget a stopped instance."""


class AccountListener(Protocol):
    """Who tells users what has become of their accounts; called on the owner loop once it is durable."""

    def order(self, row: OrderRow) -> None:
        """Tell an order's new state."""

    def fill(self, row: FillRow) -> None:
        """Tell a fill."""

    def position(self, row: PositionRow) -> None:
        """Tell a position's new state."""

    def balance(self, row: BalanceRow) -> None:
        """Tell a balance's new state."""

    def alert(self, row: AlertRow) -> None:
        """Tell what a user should know."""

    def acted(self, row: TradeSignalRow) -> None:
        """Tell that a strategy has acted on a signal."""


class Marks(Protocol):
    """What the market says of an instrument right now, exact."""

    def last(self, instrument_id: str) -> Decimal | None:
        """Return the newest trade's price, or the newest bar's close."""

    def touch(self, instrument_id: str, side: OrderSide) -> Decimal | None:
        """Return the best price that an order of `side` would meet; the last price when no book or quote is known."""


__all__ = [
    "AccountListener",
    "AccountView",
    "BatchItem",
    "Limits",
    "Marks",
    "Preview",
    "StrategyKind",
    "StrategyState",
    "StrategyStateName",
    "TraderState",
    "Traders",
]
