"""`trader.v1.pascal`: pages of the bot core, which listen, and send at most `Ping`."""

from typing import Literal, override

from msgspec import Struct

from actors.bridge.account_messages import FillUpdate, PositionUpdate, TraderUpdate
from actors.bridge.dialect import Dialect, Said, Word, dialects
from actors.bridge.symbols import Symbols
from actors.bridge.wire_messages import ErrorMessage, Hello, Pong, ServerMessage, SignalUpdate
from actors.bridge.words import bot_status, named, number
from config.errors import ErrorCode


class SignalReceived(Struct, frozen=True, kw_only=True):
    """`AISignalReceived`: the opinion on one more closed bar."""

    symbol: str
    signal: Literal["long", "short", "neutral"]
    confidence: float
    """0..1."""
    timestamp: int
    """Close of the bar, market time, UNIX milliseconds."""
    model_type: str
    """Who has voted."""
    timeframe: str
    reasoning: str
    strategy_scores: dict[str, float]
    """-1..1 by who has voted."""


class Connected(Struct, frozen=True, kw_only=True):
    """`Connected`: the first message."""

    message: str
    server: str


class Refused(Struct, frozen=True, kw_only=True):
    """`Error`: what was sent cannot be done."""

    message: str
    code: ErrorCode


class Nothing(Struct, frozen=True):
    """An empty `data`."""


def signal_received(update: SignalUpdate, symbols: Symbols) -> SignalReceived | None:
    """Return a signal's `data`; None when its instrument has no symbol."""
    signal = update.data
    symbol = symbols.symbol(signal.instrument_id)
    if symbol is None:
        return None
    scores = {one.name: one.score for one in signal.sources if one.state == "voted" and one.score is not None}
    return SignalReceived(
        symbol=symbol,
        signal=signal.signal,
        confidence=signal.confidence,
        timestamp=signal.ts,
        model_type=" + ".join(scores) or "none",
        timeframe=signal.interval,
        reasoning="; ".join(signal.reasons),
        strategy_scores=scores,
    )


class PositionChanged(Struct, frozen=True, kw_only=True):
    """`PositionUpdate`: a position has changed."""

    symbol: str
    side: Literal["BUY", "SELL", "FLAT"]
    size: float
    pnl: float
    """Unrealized; of a flat one what it has made."""
    timestamp: int


class TradeExecuted(Struct, frozen=True, kw_only=True):
    """`TradeExecuted`: an order was executed, in part or whole."""

    symbol: str
    side: Literal["BUY", "SELL"]
    quantity: float
    price: float
    timestamp: int


class BotStatus(Struct, frozen=True, kw_only=True):
    """`BotStatusUpdate`: how the user's trader does."""

    status: str
    active_positions: int
    total_pnl: float
    timestamp: int


_SIDES: dict[str, Literal["BUY", "SELL", "FLAT"]] = {"long": "BUY", "short": "SELL", "flat": "FLAT"}


def position_changed(update: PositionUpdate, symbols: Symbols) -> PositionChanged:
    """Return the `data` of a position's change."""
    position = update.data
    is_flat = position.side == "flat"
    return PositionChanged(
        symbol=named(symbols, position.instrument_id),
        side=_SIDES[position.side],
        size=number(position.quantity),
        pnl=number(position.realized_pnl if is_flat else position.unrealized_pnl),
        timestamp=position.ts,
    )


def trade_executed(update: FillUpdate, symbols: Symbols) -> TradeExecuted:
    """Return the `data` of a fill."""
    fill = update.data
    return TradeExecuted(
        symbol=named(symbols, fill.instrument_id),
        side="BUY" if fill.side == "buy" else "SELL",
        quantity=number(fill.quantity),
        price=number(fill.price),
        timestamp=fill.ts,
    )


def bot_status_update(update: TraderUpdate, _symbols: Symbols) -> BotStatus:
    """Return the `data` of a trader's state."""
    trader = update.data
    return BotStatus(
        status=bot_status(trader.state, trader.trading_state),
        active_positions=trader.account.open_positions,
        total_pnl=number(trader.account.realized_pnl) + number(trader.account.unrealized_pnl),
        timestamp=trader.account.ts,
    )


@dialects.register("pascal")
class Pascal(Dialect):
    """Names in Pascal case, `data` in an envelope, numbers as numbers, times in milliseconds."""

    channels = ("signals", "positions", "fills", "trader")
    words = {  # noqa: RUF012  # as declared by `Dialect`
        SignalUpdate: Word("AISignalReceived", signal_received),
        PositionUpdate: Word("PositionUpdate", position_changed),
        FillUpdate: Word("TradeExecuted", trade_executed),
        TraderUpdate: Word("BotStatusUpdate", bot_status_update),
    }
    operations = {"Ping": "ping"}  # noqa: RUF012

    @override
    def answer(self, message: ServerMessage, wall_ms: int) -> Said | None:
        data: Struct
        match message:
            case Hello():
                name, data = "Connected", Connected(message="connected", server=message.server)
            case Pong():
                name, data = "Pong", Nothing()
            case ErrorMessage():
                name, data = "Error", Refused(message=message.message, code=message.code)
            case _:
                return None
        return Said(type=name, data=data, timestamp=wall_ms)
