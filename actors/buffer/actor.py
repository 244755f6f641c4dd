"""Shell: the only subscriber to the market's trades and bars; feeds the buffer and market time, publishes `bars.*`."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import override

import structlog
from nautilus_trader.common import DataActorConfig
from nautilus_trader.model import Bar, BarType, InstrumentId, TradeTick

from actors.buffer.gate import Gate
from actors.buffer.live import InstrumentBars
from actors.buffer.requests import Question, Requests
from actors.buffer.series import Series
from actors.buffer.source import TURN
from actors.buffer.store import Buffer
from actors.clock import MarketClock
from actors.engine import Scale
from actors.guard import Faults, guarded
from actors.market import SECOND_NS, BarRow, Interval, bar_type_of, interval_of, split_bar_type
from actors.messages import (
    OPEN_BARS_TOPIC,
    WINDOWS_TOPIC,
    BarsMended,
    ClosedBar,
    OpenBarChanged,
    WindowLoaded,
)
from actors.shell import Shell
from config.errors import VenueUnavailableError

log = structlog.get_logger(__name__)


class BufferActor(Shell):
    """Brings what the engine delivers into the buffer and market time, and tells the bus what that changed."""

    def __init__(
        self,
        config: DataActorConfig,
        buffer: Buffer,
        clock: MarketClock,
        *,
        give_up_s: float | None = None,
        latest: Callable[[], int] | None = None,
        is_ordered: bool = True,
    ) -> None:
        """Attach to the buffer and market time of the process.

        Args:
            config: The engine's.
            buffer: Outlives this actor.
            clock: Market time; nobody else advances it.
            give_up_s: Wall seconds after which a history question counts as lost; None in a backtest, where there is
                nobody to ask and the windows are preloaded.
            latest: Returns the latest believable stamp, UNIX ns: wall time plus 5 s on a venue, the position of the
                feed in a market of ours. None believes every stamp.
            is_ordered: The feed promises stamps that never go back, across instruments.
        """
        super().__init__(config)
        self.faults = Faults("buffer")
        self._buffer = buffer
        self._gate = Gate(buffer, clock, latest=latest, is_ordered=is_ordered)
        self._give_up_s = give_up_s
        self._requests: Requests[Bar] | None = None
        self._by_bar_type: dict[BarType, tuple[InstrumentBars, Scale]] = {}
        self._by_instrument: dict[InstrumentId, tuple[InstrumentBars, Scale]] = {}
        self._scales: dict[str, Scale] = {}
        self._chain = secrets.randbits(48) << 16

    @override
    @guarded
    def on_start(self) -> None:
        for name, instrument in self._buffer.instruments().items():
            bars, scale = self._buffer.held(name), Scale(instrument)
            self._scales[name] = scale
            bar_type = BarType.from_str(bars.base.bar_type)
            self._by_bar_type[bar_type] = self._by_instrument[scale.instrument_id] = bars, scale
            if bars.has_trades:
                self.subscribe_trades(scale.instrument_id)
            self.subscribe_bars(bar_type)
        if self._give_up_s is not None:
            self._requests = Requests(self._send, self._give_up_s)
        self._buffer.attach(None if self._requests is None else self, self)

    @override
    def on_stop(self) -> None:  # not guarded: it must also run after a fault has muted the rest
        self._buffer.detach()
        if self._requests is not None:
            self._requests.close()

    @override
    @guarded
    def on_trade(self, trade: TradeTick) -> None:
        bars, scale = self._by_instrument[trade.instrument_id]
        ts = trade.ts_event
        price, size = scale.trade_units(trade)
        self._chain += 1
        if self._gate.trade(bars, ts, price, size, trade):
            self._tell_open(scale.name, ts)

    @override
    @guarded
    def on_bar(self, bar: Bar) -> None:
        bars, scale = self._by_bar_type[bar.bar_type]
        self._chain += 1
        ts_open = self._gate.opened(bars, bar.ts_event, bar)
        if ts_open is not None:
            self._buffer.bar(bars, scale.row(bar, ts_open))
            if bars.is_growing:
                self._tell_open(scale.name, bar.ts_event)

    @override
    @guarded
    def on_historical_bars(self, bars: Sequence[Bar]) -> None:
        if self._requests is None:
            return
        if not bars:
            self._requests.answer_empty()
            return
        bar_type = str(bars[0].bar_type)
        opened = split_bar_type(bar_type)[1].opened
        if not self._requests.answer(bar_type, bars, (opened(bar.ts_event) for bar in bars)):
            log.warning("answer_unasked", bar_type=bar_type, bars=len(bars))

    async def bars(
        self, instrument_id: str, interval: str, start: int | None, end: int | None, limit: int
    ) -> list[BarRow]:
        """Ask the engine; this makes the actor the buffer's `Source`.

        Raises:
            VenueUnavailableError: If no answer comes, or the node stops.
        """
        if self._requests is None:
            return []
        found = await self._requests.ask(Question(bar_type_of(instrument_id, interval), start, end, limit))
        rows: list[BarRow] = []
        for first in range(0, len(found), TURN):
            await asyncio.sleep(0)
            part = found[first : first + TURN]
            rows += [row for bar in part if (row := self._row(instrument_id, interval_of(interval), bar)) is not None]
        return rows

    def closed(self, series: Series, row: BarRow) -> None:
        """Publish a closed bar."""
        message = ClosedBar(
            trace_id=f"{self._chain:016x}",
            bar_type=series.bar_type,
            row=row,
            ts_event=series.interval.close(row.ts_open),
        )
        self.publish_message(series.topic, message)

    def mended(self, series: Series, rows: Sequence[BarRow]) -> None:
        """Publish that bars of the past are others now."""
        self._chain += 1
        message = BarsMended(
            trace_id=f"{self._chain:016x}",
            bar_type=series.bar_type,
            first=rows[0].ts_open,
            last=rows[-1].ts_open,
            bars=len(rows),
        )
        self.publish_message(series.mends_topic, message)

    def loaded(self, series: Series) -> None:
        """Publish that the history of a window is in place."""
        self._chain += 1
        message = WindowLoaded(
            trace_id=f"{self._chain:016x}",
            bar_type=series.bar_type,
            bars=len(series.window),
            is_complete=series.window.is_complete,
        )
        self.publish_message(f"{WINDOWS_TOPIC}.{series.bar_type}", message)

    def failed(self, error: Exception) -> None:
        """Record what went wrong beside the engine's callbacks."""
        self.faults.record("load", error)

    def _tell_open(self, name: str, ts: int) -> None:
        message = OpenBarChanged(trace_id=f"{self._chain:016x}", instrument_id=name, ts_event=ts)
        self.publish_message(f"{OPEN_BARS_TOPIC}.{name}", message)

    def _row(self, instrument_id: str, interval: Interval, bar: Bar) -> BarRow | None:
        ts_open = interval.opened(bar.ts_event)
        if ts_open is None:
            self._buffer.refusals.refuse("bar", "off_grid", instrument_id, bar)
            return None
        return self._scales[instrument_id].row(bar, ts_open)

    def _send(self, question: Question) -> None:
        start, end = question.start, question.end
        params = {"start_ns": start, "end_ns": end}
        if end is not None:
            interval = split_bar_type(question.bar_type)[1]
            end = interval.close(interval.floor(end - 1))  # the engine drops bars that close later than its end
        now = self.clock.timestamp_ns()
        if max(start or 0, end or 0) >= now:
            start = end = None  # it refuses times beyond the wall clock, where market time may well be
        try:
            self.request_bars(
                BarType.from_str(question.bar_type),
                start=None if start is None else _moment(start),
                end=None if end is None else _moment(end),
                limit=question.limit,
                params={key: value for key, value in params.items() if value is not None},
            )
        except (ValueError, RuntimeError) as e:
            raise VenueUnavailableError(f"the engine did not take the question: {e}", retry_after_s=1.0) from e


def _moment(ts: int) -> datetime:
    return datetime.fromtimestamp(ts // SECOND_NS, UTC)
