"""`trader.v1.pascal`: pages of the bot core, which listen, and send at most `Ping`."""

from typing import Literal, override

from msgspec import Struct

from actors.bridge.dialect import Dialect, Said, Word, dialects
from actors.bridge.symbols import Symbols
from actors.bridge.wire_messages import ErrorMessage, Hello, Pong, ServerMessage, SignalUpdate
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


@dialects.register("pascal")
class Pascal(Dialect):
    """Names in Pascal case, `data` in an envelope, numbers as numbers, times in milliseconds."""

    channels = ("signals",)
    words = {SignalUpdate: Word("AISignalReceived", signal_received)}  # noqa: RUF012  # as declared by `Dialect`
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
