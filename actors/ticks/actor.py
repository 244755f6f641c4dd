"""Shell: trades at all times, quotes and books on demand; into `Ticks`, and on the bus that they have changed."""

import secrets
from collections.abc import Sequence
from typing import override

import structlog
from nautilus_trader.common import DataActorConfig
from nautilus_trader.model import BookType, InstrumentId, OrderBookDeltas, QuoteTick, TradeTick

from actors.engine import Scale
from actors.guard import Faults, guarded
from actors.market import Instrument
from actors.messages import TICKS_TOPIC, TicksChanged
from actors.ports import TickKind
from actors.shell import Shell
from actors.ticks.store import Ticks

log = structlog.get_logger(__name__)


class TickActor(Shell):
    """Brings what the engine delivers into the ticks of the process; this makes it their `Source`."""

    def __init__(self, config: DataActorConfig, ticks: Ticks, instruments: Sequence[Instrument]) -> None:
        """Attach to the ticks of the process, which outlive this actor."""
        super().__init__(config)
        self.faults = Faults("ticks")
        self._ticks = ticks
        self._scales = {one.instrument_id: Scale(one) for one in instruments}
        self._by_id: dict[InstrumentId, Scale] = {scale.instrument_id: scale for scale in self._scales.values()}
        self._chain = secrets.randbits(48) << 16

    @override
    @guarded
    def on_start(self) -> None:
        self._ticks.attach(self)

    @override
    def on_stop(self) -> None:  # not guarded: it must also run after a fault has muted the rest
        self._ticks.detach()

    @override
    @guarded
    def on_trade(self, trade: TradeTick) -> None:
        self._ticks.trade(self._by_id[trade.instrument_id].trade_row(trade))

    @override
    @guarded
    def on_quote(self, quote: QuoteTick) -> None:
        self._ticks.quote_tick(self._by_id[quote.instrument_id].quote_row(quote))

    @override
    @guarded
    def on_book_deltas(self, deltas: OrderBookDeltas) -> None:
        self._ticks.step(self._by_id[deltas.instrument_id].book_row(deltas))

    @override
    @guarded
    def on_historical_trades(self, trades: Sequence[TradeTick]) -> None:
        self._ticks.past_trades([self._by_id[trade.instrument_id].trade_row(trade) for trade in trades])

    def start_ticks(self, instrument_id: str, kind: TickKind) -> None:
        """Subscribe in the engine."""
        name = self._scales[instrument_id].instrument_id
        if kind == "book":
            self.subscribe_book_deltas(name, BookType.L2_MBP)
        elif kind == "quotes":
            self.subscribe_quotes(name)
        else:
            self.subscribe_trades(name)

    def stop_ticks(self, instrument_id: str, kind: TickKind) -> None:
        """Unsubscribe in the engine."""
        name = self._scales[instrument_id].instrument_id
        if kind == "book":
            self.unsubscribe_book_deltas(name)
        elif kind == "quotes":
            self.unsubscribe_quotes(name)
        else:
            self.unsubscribe_trades(name)

    def renew_book(self, instrument_id: str) -> None:
        """Subscribe anew, and ask for a snapshot: as long as others hear the book, the engine subscribes nothing."""
        name = self._scales[instrument_id].instrument_id
        self.unsubscribe_book_deltas(name)
        self.subscribe_book_deltas(name, BookType.L2_MBP)
        self.request_book_snapshot(name)

    def ask_trades(self, instrument_id: str, limit: int) -> None:
        """Ask the engine for the newest trades; no answer is told by its absence."""
        try:
            self.request_trades(self._scales[instrument_id].instrument_id, limit=limit)
        except (ValueError, RuntimeError) as e:
            log.warning("trades_not_asked", instrument_id=instrument_id, reason=str(e))

    def tell(self, instrument_id: str, kind: TickKind, *, is_ready: bool) -> None:
        """Publish that something has changed."""
        self._chain += 1
        message = TicksChanged(
            trace_id=f"{self._chain:016x}", instrument_id=instrument_id, kind=kind, is_ready=is_ready
        )
        self.publish_message(f"{TICKS_TOPIC}.{instrument_id}", message)
