"""Orders, fills and what happens to them, in plain exact values, without the engine.

Prices, quantities and money are `Decimal`, quantities in base units; times are UNIX nanoseconds of market time.
"""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

from config.fields import InstrumentName

OrderSide = Literal["buy", "sell"]
OrderType = Literal[
    "market",
    "limit",
    "stop_market",
    "stop_limit",
    "market_if_touched",
    "limit_if_touched",
    "trailing_stop_market",
    "trailing_stop_limit",
]
TimeInForce = Literal["gtc", "ioc", "fok", "gtd", "day"]
OrderStatus = Literal[
    "submitted",
    "accepted",
    "triggered",
    "partially_filled",
    "filled",
    "canceled",
    "expired",
    "rejected",
    "denied",
    "unknown",
]
"""`submitted`: durable here and on its way; `unknown`: the venue's word is missing and is being asked for."""
Liquidity = Literal["maker", "taker"]
TERMINAL: frozenset[OrderStatus] = frozenset({"filled", "canceled", "expired", "rejected", "denied"})
DESK = "desk"
"""Name of the strategy that sends a trader's manual orders."""

ClientOrderIdText = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{1,36}\Z")]
"""The user's own id of an order, unique among that user's."""
PositiveText = Annotated[str, Meta(pattern=r"\A(?=[0-9.]*[1-9])[0-9]{1,15}(\.[0-9]{1,12})?\Z")]
"""A positive decimal as text."""
AlertKind = Literal[
    "strategy_retired",
    "liquidation",
    "trading_state",
    "deadman",
    "repair",
    "price",
    "journal",
    "stop",
    "screening",
]
AlertLevel = Literal["info", "warning", "critical"]


class OrderTicket(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a user asks for; nothing in it has been compared with an instrument or a limit yet."""

    client_order_id: ClientOrderIdText
    instrument_id: InstrumentName
    side: OrderSide
    type: OrderType
    quantity: PositiveText
    """Base units."""
    price: PositiveText | None = None
    """Of `limit`, `stop_limit`, `limit_if_touched`; of a trailing limit made by its offsets."""
    trigger_price: PositiveText | None = None
    """Of stops and if-touched orders; of a trailing stop optional: by default the offset from the market now."""
    trailing_offset: PositiveText | None = None
    """Of trailing stops: distance in quote currency."""
    limit_offset: PositiveText | None = None
    """Of `trailing_stop_limit`: distance of the limit from the trigger."""
    time_in_force: TimeInForce = "gtc"
    expire_time: Annotated[int, Meta(ge=0, le=7_258_118_400_000)] | None = None
    """Of `gtd`: market time, UNIX milliseconds."""
    post_only: bool = False
    reduce_only: bool = False
    parent_client_order_id: ClientOrderIdText | None = None
    """Held until that order of the same user has filled: the exits of a bracket name their entry."""
    linked_client_order_ids: Annotated[tuple[ClientOrderIdText, ...], Meta(max_length=10)] = ()
    """One cancels the other; they may come in the same batch."""


class OrderRow(Struct, frozen=True, kw_only=True):
    """An order as we know it; each change makes a new row with a higher `revision`."""

    user_id: str
    account_id: str
    strategy: str
    """`desk` for manual orders, else the name of the user's strategy instance."""
    client_order_id: str
    """The user's; of a strategy's order the same as `order_id`."""
    order_id: str
    """Ours, 32 letters and digits: the engine's and the venue's client order id."""
    instrument_id: str
    side: OrderSide
    type: OrderType
    time_in_force: TimeInForce
    quantity: Decimal
    status: OrderStatus
    ts_created: int
    ts_updated: int
    venue_order_id: str | None = None
    expire_ns: int | None = None
    filled_quantity: Decimal = Decimal(0)
    filled_notional: Decimal = Decimal(0)
    """Sum of price times quantity over its fills, exact; the average price is derived."""
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    trailing_offset: Decimal | None = None
    limit_offset: Decimal | None = None
    post_only: bool = False
    reduce_only: bool = False
    is_triggered: bool = False
    reason: str | None = None
    """Why it was canceled, rejected, denied or expired."""
    parent_order_id: str | None = None
    """Held at the venue until that order has filled; None again from then on."""
    linked_order_ids: tuple[str, ...] = ()
    body_hash: str = ""
    """Digest of the ticket, for idempotency."""
    trace_id: str = ""
    revision: int = 0

    @property
    def leaves_quantity(self) -> Decimal:
        """What may still fill."""
        return self.quantity - self.filled_quantity

    @property
    def is_working(self) -> bool:
        """Whether anything may still happen to it."""
        return self.status not in TERMINAL


class FillRow(Struct, frozen=True, kw_only=True):
    """One execution of an order; distinct by (account_id, instrument_id, fill_id, order_id)."""

    user_id: str
    account_id: str
    strategy: str
    fill_id: str
    """The venue's trade id; never repeated across starts."""
    order_id: str
    client_order_id: str
    instrument_id: str
    side: OrderSide
    quantity: Decimal
    price: Decimal
    fee: Decimal
    """Positive: paid; negative: a rebate."""
    fee_currency: str
    liquidity: Liquidity
    realized_pnl: Decimal = Decimal(0)
    """Of the account's position, before fees, settlement currency; set by the ledger."""
    ts: int
    trace_id: str = ""


OrderEventKind = Literal[
    "accepted",
    "rejected",
    "denied",
    "canceled",
    "expired",
    "triggered",
    "updated",
    "filled",
    "modify_rejected",
    "cancel_rejected",
    "unknown",
]


class OrderEvent(Struct, frozen=True, kw_only=True):
    """What the engine told of an order, in plain values."""

    kind: OrderEventKind
    order_id: str
    ts: int
    venue_order_id: str | None = None
    reason: str | None = None
    quantity: Decimal | None = None
    """Of `updated`."""
    price: Decimal | None = None
    """Of `updated`."""
    trigger_price: Decimal | None = None
    """Of `updated`."""
    fill_id: str | None = None
    """Of `filled`, like what follows."""
    fill_quantity: Decimal | None = None
    fill_price: Decimal | None = None
    fee: Decimal | None = None
    fee_currency: str | None = None
    liquidity: Liquidity | None = None


class PositionRow(Struct, frozen=True, kw_only=True):
    """An account's net position in one instrument as of `ts`; derived from its distinct fills."""

    user_id: str
    account_id: str
    instrument_id: str
    quantity: Decimal
    """Signed: negative is short."""
    cost: Decimal
    """Signed, settlement currency: quantity times average price, with what rounding has left (exact)."""
    realized_pnl: Decimal
    fees: Decimal
    funding: Decimal = Decimal(0)
    """Paid (negative) or received since the position's first fill."""
    mark_price: Decimal | None = None
    unrealized_pnl: Decimal | None = None
    margin: Decimal | None = None
    liquidation_price: Decimal | None = None
    ts: int


class BalanceRow(Struct, frozen=True, kw_only=True):
    """One currency of an account."""

    user_id: str
    account_id: str
    currency: str
    total: Decimal
    locked: Decimal
    """Bound by working orders and, on margin accounts, by positions."""
    ts: int

    @property
    def free(self) -> Decimal:
        """What can be used."""
        return self.total - self.locked


class EquityRow(Struct, frozen=True, kw_only=True):
    """An account's worth at one market minute, in its main currency."""

    user_id: str
    account_id: str
    ts: int
    equity: Decimal
    cash: Decimal
    unrealized_pnl: Decimal
    fees: Decimal
    """Paid so far."""


class CashRow(Struct, frozen=True, kw_only=True):
    """Money that moved without a fill: a deposit at the opening, funding, a repair."""

    user_id: str
    account_id: str
    cash_id: str
    """Never repeated: `open`, `funding:<instrument>:<ts>`, …"""
    kind: Literal["opening", "funding", "adjustment", "reset"]
    currency: str
    amount: Decimal
    """Signed."""
    instrument_id: str | None = None
    ts: int


class AlertRow(Struct, frozen=True, kw_only=True):
    """Something a user should know: a retired strategy, a liquidation, a price alarm."""

    user_id: str
    alert_id: str
    kind: AlertKind
    level: AlertLevel
    message: str
    ts: int
