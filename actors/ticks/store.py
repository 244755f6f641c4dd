"""The ticks of every instrument; lives as long as the process, while the engine below it comes and goes."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence

from prometheus_client import Counter

from actors.buffer.check import Quiet
from actors.buffer.readers import Readers
from actors.market import BookRow, Instrument, QuoteRow, TradeRow
from actors.ports import Place, TickKind, TickStream
from actors.ticks.instrument import InstrumentTicks
from actors.ticks.listener import TickListener
from actors.ticks.log import RING
from actors.ticks.past import PastTrades
from actors.ticks.repairs import Repairs
from actors.ticks.source import Later, Source, call_later
from actors.ticks.subscriptions import KIND_OF, Subscriptions
from actors.wire import encode_quote, encode_trade
from config.errors import NotFoundError, UnknownInstrumentError, VenueUnavailableError

IDLE_S = 60.0
"""Quotes and books that nobody has read for so long are not subscribed any more."""
WAIT_S = 3.0
"""A single question waits so long for the first value."""
_HEARD = frozenset({"new", "kept_back", "ready", "changed"})
"""Outcomes of ticks that the listeners are told."""

_dropped = Counter("whisperer_ticks_dropped", "Trades, quotes and book steps that were dropped", ["kind", "reason"])
_breaks = Counter("whisperer_book_breaks", "Order books that broke, by reason", ["reason"])
_renewals = Counter("whisperer_book_renewals", "Order books that were subscribed anew")


class Ticks:
    """Implements `ports.Ticks`: fed by the shell of each built node, asked by channels and REST."""

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        kinds: Callable[[str], frozenset[TickKind]],
        *,
        latest: Callable[[], int] | None = None,
        hear: Callable[[int], None] = lambda _: None,
        later: Later = call_later,
        monotonic: Callable[[], float] = time.monotonic,
        idle_s: float = IDLE_S,
        wait_s: float = WAIT_S,
    ) -> None:
        """Start without a node.

        Args:
            instruments: The market.
            kinds: Tells what the source has of an instrument.
            latest: Returns the latest believable stamp, UNIX ns; None believes every stamp.
            hear: Is told when each believed quote and step of a book was, UNIX ns.
            later: Calls after some seconds.
            monotonic: Seconds that only grow.
            idle_s: How long quotes and books are kept up to date after their last reader.
            wait_s: How long `ready` waits.
        """
        self._all = {name: InstrumentTicks(one, kinds(name)) for name, one in instruments.items()}
        self._latest, self._hear = latest, hear
        self._wait_s = wait_s
        self._source: Source | None = None
        self._quiet = Quiet(monotonic)
        self._past = PastTrades(self._ask_trades, self._fill, later)
        self._repairs = Repairs(self._renew, self._miss, later, monotonic)
        readers = Readers(idle_s, monotonic)
        self._subscriptions = Subscriptions(
            self._all, readers, self._repairs, later, idle_s / 4, on_book_lost=self._lose
        )
        self._listeners: list[TickListener] = []

    def listen(self, listener: TickListener) -> None:
        """Have every tick told to `listener` from here on."""
        self._listeners.append(listener)

    def attach(self, source: Source) -> None:
        """Begin with a new node: everything that is wanted is subscribed again."""
        self.detach()
        self._source = source
        self._subscriptions.begin(source)
        self._past.ask(one.name for one in self._all.values() if "trades" in one.active)

    def detach(self) -> None:
        """Keep what there is until the next node; what it misses in between will show then."""
        self._source = None
        self._subscriptions.end()
        self._past.stop()
        self._repairs.stop()
        for one in self._all.values():
            one.tape.interrupt()
            one.book.interrupt()
            one.filled["book"].clear()
            self._lose(one.name)

    def reset(self) -> None:
        """Forget everything, as for a jump of market time; only between two nodes."""
        for one in self._all.values():
            for kind in ("trades", "quotes", "book"):
                one.forget(kind)
            self._lose(one.name)

    def trade(self, row: TradeRow) -> None:
        """Take a trade of the engine."""
        one = self._all[row.instrument_id]
        outcome = "ahead_of_time" if self._is_ahead(row.ts) else one.tape.take(row)
        if outcome in _HEARD:
            for listener in self._listeners:
                listener.on_trade(row)
        if outcome == "new":
            if "trades" in one.held:
                self._tell(one, "trades", is_ready=False)
        elif outcome != "kept_back":
            _dropped.labels("trades", outcome).inc()

    def quote_tick(self, row: QuoteRow) -> None:
        """Take a quote of the engine."""
        one = self._all[row.instrument_id]
        if "quotes" not in one.active:
            return
        outcome = "ahead_of_time" if self._is_ahead(row.ts) else one.take_quote(row)
        if outcome not in _HEARD:
            _dropped.labels("quotes", outcome).inc()
            return
        self._hear(row.ts)
        for listener in self._listeners:
            listener.on_quote(row)
        if outcome == "ready":
            self._fulfil(one, "quotes")
        else:
            self._tell(one, "quotes", is_ready=False)

    def step(self, row: BookRow) -> None:
        """Take a step of a book of the engine; one that cannot be true has the book subscribed anew."""
        one = self._all[row.instrument_id]
        if "book" not in one.active:
            return
        outcome = "ahead_of_time" if self._is_ahead(row.ts) else one.book.take(row)
        if outcome in _HEARD:
            self._hear(row.ts)
            for listener in self._listeners:
                listener.on_book(row)
        if outcome == "ready":
            self._repairs.settle(one.name)
            self._fulfil(one, "book")
        elif outcome == "changed":
            self._tell(one, "book", is_ready=False)
        elif outcome == "broken":
            self._break(one)
        elif outcome != "unchanged":
            _dropped.labels("book", outcome).inc()

    def past_trades(self, rows: Sequence[TradeRow]) -> None:
        """Take an answer to `Source.ask_trades`."""
        self._past.answer(rows)

    def kinds(self, instrument_id: str) -> frozenset[TickKind]:
        """Return what the source has of an instrument; see `ports.Ticks`."""
        return self._find(instrument_id).kinds

    def hold(self, instrument_id: str, stream: TickStream, reader: str) -> None:
        """Keep a stream up to date until `reader` releases it."""
        self._subscriptions.hold(self._find(instrument_id), stream, reader)

    def release(self, instrument_id: str, stream: TickStream, reader: str) -> None:
        """Let go of a stream."""
        self._subscriptions.release(self._find(instrument_id), stream, reader)

    def is_ready(self, instrument_id: str, stream: TickStream) -> bool:
        """Return whether there is a value."""
        return self._all[instrument_id].filled[KIND_OF[stream]].is_set()

    async def ready(self, instrument_id: str, stream: TickStream) -> None:
        """Return when there is a value; see `ports.Ticks`."""
        one, kind = self._find(instrument_id), KIND_OF[stream]
        if kind not in one.kinds:
            raise NotFoundError(f"the source has no {kind} of {instrument_id}; `/api/v1/instruments` tells what it has")
        self._subscriptions.note(one, stream)
        try:
            async with asyncio.timeout(self._wait_s):
                await one.filled[kind].wait()
        except TimeoutError:
            message = one.book.fault if kind == "book" and one.book.fault else "the source has sent nothing yet"
            raise VenueUnavailableError(f"no {kind} of {instrument_id}: {message}", retry_after_s=1.0) from None

    def place(self, instrument_id: str, stream: TickStream) -> Place:
        """Return where a stream is."""
        one = self._all[instrument_id]
        if stream == "trades":
            return one.tape.log.place
        return Place(one.quote_generation, 0) if stream == "quotes" else one.book.log.place

    def since(self, instrument_id: str, stream: TickStream, place: Place) -> list[bytes] | None:
        """Return the rows of a log after `place`; None when some are lost."""
        one = self._all[instrument_id]
        if stream == "book_delta":
            return one.book.log.since(place)
        rows = one.tape.log.since(place)
        return None if rows is None else [encode_trade(row, *one.places) for row in rows]

    def trades(self, instrument_id: str, *, limit: int, before: int | None = None) -> list[tuple[int, bytes]]:
        """Return kept trades, newest first, with their numbers."""
        one = self._all[instrument_id]
        return [(number, encode_trade(row, *one.places)) for number, row in one.tape.log.before(before, limit)]

    def quote(self, instrument_id: str) -> bytes | None:
        """Return the newest quote."""
        one = self._all[instrument_id]
        return None if one.quote is None else encode_quote(one.quote, *one.places)

    def book(self, instrument_id: str, depth: int) -> bytes | None:
        """Return the best levels."""
        return self._all[instrument_id].book.top(depth)

    def whole_book(self, instrument_id: str) -> bytes | None:
        """Return every level as one step."""
        return self._all[instrument_id].book.whole()

    def snapshot(self, instrument_id: str) -> BookRow | None:
        """Return every level in exact units; None while the book is not whole."""
        return self._all[instrument_id].book.snapshot(instrument_id)

    def newest_quote(self, instrument_id: str) -> QuoteRow | None:
        """Return the newest quote in exact units."""
        return self._all[instrument_id].quote

    def degraded(self) -> list[str]:
        """Return which books are broken and why."""
        return [f"the book of {one.name} is broken: {one.book.fault}" for one in self._all.values() if one.book.fault]

    def _find(self, instrument_id: str) -> InstrumentTicks:
        found = self._all.get(instrument_id)
        if found is None:
            raise UnknownInstrumentError(f"no instrument {instrument_id[:64]!r} on this node")
        return found

    def _is_ahead(self, ts: int) -> bool:
        return self._latest is not None and ts > self._latest()

    def _fulfil(self, one: InstrumentTicks, kind: TickKind) -> None:
        one.filled[kind].set()
        self._tell(one, kind, is_ready=True)

    def _tell(self, one: InstrumentTicks, kind: TickKind, *, is_ready: bool) -> None:
        if kind in one.held and self._source is not None:
            self._source.tell(one.name, kind, is_ready=is_ready)

    def _fill(self, name: str, rows: Sequence[TradeRow] | None) -> None:
        one = self._all[name]
        one.tape.fill(rows)
        self._fulfil(one, "trades")

    def _ask_trades(self, name: str) -> None:
        if self._source is not None:
            self._source.ask_trades(name, RING)

    def _break(self, one: InstrumentTicks) -> None:
        _breaks.labels(one.book.reason).inc()
        self._quiet.warning("book_broken", one.name, instrument_id=one.name, reason=one.book.fault)
        one.filled["book"].clear()
        self._lose(one.name)
        self._repairs.repair(one.name)
        self._tell(one, "book", is_ready=False)

    def _lose(self, name: str) -> None:
        for listener in self._listeners:
            listener.on_book_lost(name)

    def _miss(self, name: str) -> None:
        one = self._all[name]
        _breaks.labels("no_snapshot").inc()
        one.book.lose("no snapshot has come")
        self._lose(name)
        self._quiet.warning("book_missing", name, instrument_id=name)

    def _renew(self, name: str) -> None:
        if self._source is not None:
            _renewals.inc()
            self._source.renew_book(name)
