"""`trader.v1.be`: clients of the bot ecosystem; its words for channels, our own for everything else."""

from datetime import UTC, datetime
from typing import Literal, override

from msgspec import Struct

from actors.bridge.dialect import Dialect, Word, dialects
from actors.bridge.symbols import Symbols
from actors.bridge.wire_messages import ServerMessage, SignalUpdate

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


def time_text(ms: int) -> str:
    """Return UNIX milliseconds as `2026-01-01T00:00:00.000Z`."""
    return datetime.fromtimestamp(ms / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dialects.register("be")
class Be(Dialect):
    """Words of the ecosystem's documents: instruments as symbols, opinions in capitals, times as text."""

    channels = ("signals",)
    words = {SignalUpdate: Word("ai_signal", ai_signal)}  # noqa: RUF012  # as declared by `Dialect`

    @override
    def answer(self, message: ServerMessage, wall_ms: int) -> ServerMessage:
        return message

    @override
    def timestamp(self, ms: int) -> str:
        return time_text(ms)
