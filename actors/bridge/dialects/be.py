"""`trader.v1.be`: clients of the bot ecosystem; its words for channels, our own for everything else."""

from typing import Literal, override

from msgspec import Struct

from actors.bridge.account_messages import BalanceUpdate, OrderUpdate, PositionUpdate, TradeSignalUpdate
from actors.bridge.dialect import Dialect, Word, dialects
from actors.bridge.symbols import Symbols
from actors.bridge.wire_messages import ServerMessage, SignalUpdate
from actors.bridge.words import ORDER_STATUS, named, number, time_text

Opinion = Literal["Long", "Short", "Neutral"]
_OPINIONS: dict[str, Opinion] = {"long": "Long", "short": "Short", "neutral": "Neutral"}


class AiSignal(Struct, frozen=True, kw_only=True):
    """`ai_signal`: the opinion on one more closed bar."""

    symbol: str
    signal: Opinion
    confidence: float
    """0..1."""
    timestamp: str
    """Close of the bar, market time, RFC 3339."""


def ai_signal(update: SignalUpdate, symbols: Symbols) -> AiSignal | None:
    """Return a signal's `data`; None when its instrument has no symbol."""
    signal = update.data
    symbol = symbols.symbol(signal.instrument_id)
    if symbol is None:
        return None
    return AiSignal(
        symbol=symbol,
        signal=_OPINIONS[signal.signal],
        confidence=signal.confidence,
        timestamp=time_text(signal.ts),
    )


class TradeSignal(Struct, frozen=True, kw_only=True):
    """`trade_signal`: a strategy has acted on a signal."""

    symbol: str
    """Of its order."""
    action: Literal["BUY", "SELL"]
    price: float
    """Close of the bar that the signal was made at."""
    ai_confidence: float
    """Of the signal, 0..1."""


def trade_signal(update: TradeSignalUpdate, symbols: Symbols) -> TradeSignal:
    """Return the `data` of a signal that was acted on."""
    acted = update.data
    return TradeSignal(
        symbol=named(symbols, acted.instrument_id),
        action=acted.action,
        price=number(acted.price),
        ai_confidence=acted.ai_confidence,
    )


class OrderChanged(Struct, frozen=True, kw_only=True):
    """`order_update`: an order has changed."""

    order_id: str
    client_order_id: str
    symbol: str
    side: str
    type: str
    status: str
    quantity: float
    executed_quantity: float
    price: float
    """Of the order; 0 by market."""
    executed_price: float
    """Average; 0 before the first fill."""
    reason: str
    timestamp: str


class PositionChanged(Struct, frozen=True, kw_only=True):
    """`position_update`: a position has changed; quantity 0 ends it."""

    symbol: str
    side: str
    """`LONG`, `SHORT` or `FLAT`."""
    quantity: float
    entry_price: float
    current_price: float
    pnl: float
    margin_used: float
    timestamp: str


class BalanceChanged(Struct, frozen=True, kw_only=True):
    """`balance_update`: one currency has changed."""

    currency: str
    total: float
    free: float
    locked: float
    timestamp: str


def order_changed(update: OrderUpdate, symbols: Symbols) -> OrderChanged:
    """Return the `data` of an order's change."""
    order = update.data
    return OrderChanged(
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        symbol=named(symbols, order.instrument_id),
        side=order.side.upper(),
        type=order.type.upper(),
        status=ORDER_STATUS[order.status],
        quantity=number(order.quantity),
        executed_quantity=number(order.filled_quantity),
        price=number(order.price),
        executed_price=number(order.avg_price),
        reason=order.reason or "",
        timestamp=time_text(order.ts_updated),
    )


def position_changed(update: PositionUpdate, symbols: Symbols) -> PositionChanged:
    """Return the `data` of a position's change."""
    position = update.data
    return PositionChanged(
        symbol=named(symbols, position.instrument_id),
        side=position.side.upper(),
        quantity=number(position.quantity),
        entry_price=number(position.avg_price),
        current_price=number(position.mark_price),
        pnl=number(position.unrealized_pnl),
        margin_used=number(position.margin),
        timestamp=time_text(position.ts),
    )


def balance_changed(update: BalanceUpdate, _symbols: Symbols) -> BalanceChanged:
    """Return the `data` of a balance's change."""
    balance = update.data
    return BalanceChanged(
        currency=balance.currency,
        total=number(balance.total),
        free=number(balance.free),
        locked=number(balance.locked),
        timestamp=time_text(balance.ts),
    )


@dialects.register("be")
class Be(Dialect):
    """Words of the ecosystem's documents: instruments as symbols, opinions in capitals, times as text."""

    channels = ("signals", "trade_signals", "orders", "positions", "balances")
    words = {  # noqa: RUF012  # as declared by `Dialect`
        SignalUpdate: Word("ai_signal", ai_signal),
        TradeSignalUpdate: Word("trade_signal", trade_signal),
        OrderUpdate: Word("order_update", order_changed),
        PositionUpdate: Word("position_update", position_changed),
        BalanceUpdate: Word("balance_update", balance_changed),
    }

    @override
    def answer(self, message: ServerMessage, wall_ms: int) -> ServerMessage:
        return message

    @override
    def timestamp(self, ms: int) -> str:
        return time_text(ms)
