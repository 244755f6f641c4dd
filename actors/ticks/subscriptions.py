"""What the engine is asked to send: trades, and those quotes and books that somebody reads, or did not long ago."""

from collections.abc import Callable, Mapping

from prometheus_client import Gauge

from actors.buffer.readers import Readers
from actors.ports import TickKind, TickStream
from actors.ticks.instrument import InstrumentTicks
from actors.ticks.repairs import Repairs
from actors.ticks.source import Later, Source

KIND_OF: Mapping[TickStream, TickKind] = {"trades": "trades", "quotes": "quotes", "book": "book", "book_delta": "book"}
STREAMS_OF: Mapping[TickKind, tuple[TickStream, ...]] = {
    "trades": ("trades",),
    "quotes": ("quotes",),
    "book": ("book", "book_delta"),
}

_subscribed = Gauge("whisperer_ticks_subscribed", "Instruments whose ticks the engine sends", ["kind"])


class Subscriptions:
    """Subscribes with the first reader, in every node anew, and gives back what was idle for long enough."""

    def __init__(
        self,
        every: Mapping[str, InstrumentTicks],
        readers: Readers,
        repairs: Repairs,
        later: Later,
        sweep_every_s: float,
        *,
        on_book_lost: Callable[[str], None],
    ) -> None:
        """Want the trades.

        Args:
            every: The instruments by id.
            readers: Keeps who reads what, and what is idle.
            repairs: Told which books are awaited.
            later: Calls after some seconds.
            sweep_every_s: How often idle ones are looked for.
            on_book_lost: Told when a book is given back.
        """
        self._on_book_lost = on_book_lost
        self._every = every
        self._readers = readers
        self._repairs = repairs
        self._later = later
        self._sweep_every_s = sweep_every_s
        self._source: Source | None = None
        for one in every.values():
            one.active |= one.kinds & {"trades"}

    def begin(self, source: Source) -> None:
        """Subscribe everything that is wanted in a new node."""
        self._source = source
        for one in self._every.values():
            for kind in sorted(one.active):
                self._start(one, kind)
        self._later(self._sweep_every_s, lambda: self._sweep(source))

    def end(self) -> None:
        """Note that the node has gone."""
        self._source = None
        for kind in STREAMS_OF:
            _subscribed.labels(kind).set(0)

    def hold(self, one: InstrumentTicks, stream: TickStream, reader: str) -> None:
        """Want a stream until `reader` lets go of it; its changes are told."""
        self._readers.enter((one.name, stream), reader)
        one.held.add(KIND_OF[stream])
        self._want(one, stream)

    def release(self, one: InstrumentTicks, stream: TickStream, reader: str) -> None:
        """Let go of a stream; it is wanted for a while yet."""
        kind = KIND_OF[stream]
        self._readers.leave((one.name, stream), reader)
        if not any(self._readers.is_held((one.name, other)) for other in STREAMS_OF[kind]):
            one.held.discard(kind)

    def note(self, one: InstrumentTicks, stream: TickStream) -> None:
        """Want a stream for a while."""
        self._readers.note((one.name, stream))
        self._want(one, stream)

    def _want(self, one: InstrumentTicks, stream: TickStream) -> None:
        kind = KIND_OF[stream]
        if stream == "book_delta":
            one.book.keep_steps(is_wanted=True)
        if kind in one.kinds and kind not in one.active:
            one.active.add(kind)
            self._start(one, kind)

    def _start(self, one: InstrumentTicks, kind: TickKind) -> None:
        if self._source is None:
            return
        self._source.start_ticks(one.name, kind)
        _subscribed.labels(kind).inc()
        if kind == "book":
            self._repairs.expect(one.name)

    def _sweep(self, source: Source) -> None:
        """Give back what nobody has read for a while; ends with the node."""
        if self._source is not source:
            return
        self._later(self._sweep_every_s, lambda: self._sweep(source))
        for one in self._every.values():
            if one.book.is_logging and self._readers.is_idle((one.name, "book_delta")):
                one.book.keep_steps(is_wanted=False)
            for kind in sorted(one.active - {"trades"}):
                if all(self._readers.is_idle((one.name, stream)) for stream in STREAMS_OF[kind]):
                    self._stop(one, kind, source)

    def _stop(self, one: InstrumentTicks, kind: TickKind, source: Source) -> None:
        one.active.discard(kind)
        _subscribed.labels(kind).dec()
        if kind == "book":
            self._repairs.forget(one.name)
        source.stop_ticks(one.name, kind)
        one.forget(kind)
        if kind == "book":
            self._on_book_lost(one.name)
