"""The newest price of one instrument, from the bar that grows and the best quote; heard in dialects only."""

from typing import override

import msgspec
from msgspec import Struct

from actors.bridge.channel import PUBLIC, Channel
from actors.bridge.context import Context
from actors.bridge.wire_messages import Snapshot, Update
from actors.bridge.words import time_text
from actors.wire import Bar, QuoteBody

INTERVAL = "1m"
"""Of the bars that prices are made of."""
_bar = msgspec.json.Decoder(Bar)
_quote = msgspec.json.Decoder(QuoteBody)
_encode = msgspec.json.Encoder().encode


class PriceBody(Struct, frozen=True, kw_only=True):
    """One price, as a flat object."""

    symbol: str
    type: str = "price"
    price: float
    last: float
    """The same."""
    bid: float | None
    """None: the source has no quotes."""
    ask: float | None
    bid_size: float | None
    ask_size: float | None
    volume: float
    """Of the newest minute."""
    source: str
    """`mock` for a simulated market."""
    timestamp: str
    """Market time, RFC 3339."""


class PriceUpdate(Update, frozen=True, kw_only=True, tag="price"):
    """A new price."""

    data: PriceBody


class Prices(Channel):
    """A latest value: whoever is slow misses prices, never the newest one. Not registered, so nobody can name it."""

    kind = "latest"
    update = PriceUpdate
    snapshot_message = Snapshot

    def __init__(self, context: Context, instrument_id: str, *, symbol: str, source: str) -> None:
        """Show one instrument.

        Args:
            context: Bars, quotes, market time.
            instrument_id: Whose price.
            symbol: What it is called.
            source: How the market is called.

        Raises:
            NodeError: If there are no bars of a minute.
        """
        super().__init__(context, (instrument_id,), PUBLIC)
        self.instrument_id = instrument_id
        self._symbol, self._source = symbol, source
        self._reader = f"prices {id(self)}"
        self._is_live = context.config.features.real_time_data
        self._has_quotes = self._is_live and "quotes" in context.ticks.kinds(instrument_id)
        self._seen: tuple[bytes, bytes | None] | None = None
        self._body = b""
        context.bars.check(instrument_id, INTERVAL)

    @override
    def start(self) -> None:
        self.context.bars.hold(self.instrument_id, INTERVAL, self._reader)
        if self._has_quotes:
            self.context.ticks.hold(self.instrument_id, "quotes", self._reader)

    @override
    def stop(self) -> None:
        self.context.bars.release(self.instrument_id, INTERVAL, self._reader)
        self.context.ticks.release(self.instrument_id, "quotes", self._reader)

    @override
    def is_ready(self) -> bool:
        return self.context.bars.is_loaded(self.instrument_id, INTERVAL)

    @override
    def snapshot(self) -> list[bytes]:
        newest = self.newest()
        return [] if newest is None else [newest]

    @override
    def newest(self) -> bytes | None:
        bar = self._bar() if self.is_ready() else None
        if bar is None:
            return None
        seen = bar, self.context.ticks.quote(self.instrument_id) if self._has_quotes else None
        if seen != self._seen:  # time alone makes no new price
            self._seen, self._body = seen, self._made(*seen)
        return self._body

    def _made(self, raw_bar: bytes, raw_quote: bytes | None) -> bytes:
        bar = _bar.decode(raw_bar)
        quote, price = None if raw_quote is None else _quote.decode(raw_quote), float(bar.c)
        return _encode(
            PriceBody(
                symbol=self._symbol,
                price=price,
                last=price,
                bid=None if quote is None else float(quote.bid),
                ask=None if quote is None else float(quote.ask),
                bid_size=None if quote is None else float(quote.bid_size),
                ask_size=None if quote is None else float(quote.ask_size),
                volume=float(bar.v),
                source=self._source,
                timestamp=time_text(self.context.clock.now_ms or bar.t),
            )
        )

    def _bar(self) -> bytes | None:
        bars = self.context.bars
        growing = bars.open_bar(self.instrument_id, INTERVAL) if self._is_live else None
        if growing is not None:
            return growing
        rows, _ = bars.recent(self.instrument_id, INTERVAL, 1)
        return rows[-1] if rows else None
