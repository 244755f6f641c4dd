"""The data client of a market of ours: a feed's events as engine data, bars of every interval, history."""

import asyncio
from collections.abc import Sequence
from typing import Any, Self, override

import structlog
from nautilus_trader.common import Clock
from nautilus_trader.live import (
    BarsResponse,
    ClientCache,
    DataClientConfig,
    InstrumentResponse,
    InstrumentsResponse,
    RequestBars,
    RequestInstrument,
    RequestInstruments,
    SubscribeBars,
    SubscribeInstrument,
    SubscribeInstruments,
    SubscribeQuotes,
    SubscribeTrades,
    UnsubscribeBars,
    UnsubscribeInstrument,
    UnsubscribeInstruments,
    UnsubscribeQuotes,
    UnsubscribeTrades,
)
from nautilus_trader.live.clients import DataClient, DataClientFactory, MarketDataClient
from nautilus_trader.model import Bar, BarType, Venue

from actors.engine import Scale, to_engine
from actors.market import BarRow, Interval, QuoteRow, TradeRow, split_bar_type
from adapters.bars import ClosedRow, LiveBars
from adapters.echo import Echo
from adapters.feed import FeedEvent, GradualFeed
from adapters.player import Player
from config.errors import NodeError

SETTLE_S = 0.02
"""The market begins to move when no subscription has come for so long, so that the first tick finds everybody."""
ALONE_S = 0.5
"""Or after so long without any subscription."""
_ALL = 1_000_000
_ROWS_A_TURN = 500

log = structlog.get_logger(__name__)


class FeedClientConfig(DataClientConfig):
    """Carries the player; the engine's own fields stay at their defaults."""

    player: Player
    latency_s: float
    """How long a history question takes, as on a real venue."""

    def __new__(cls, player: Player, latency_s: float = 0.0) -> Self:  # noqa: ARG004  # the engine must not see ours
        """Make the engine's part."""
        return super().__new__(cls)

    def __init__(self, player: Player, latency_s: float = 0.0) -> None:
        """Keep our part."""
        self.player = player
        self.latency_s = latency_s


class FeedClient(MarketDataClient):
    """Sends what is subscribed, and answers questions about the past.

    At one instant closed bars come first, the shortest interval before longer ones, then ticks. A bar's `ts_event`
    and `ts_init` are its close. A request for bars takes `start` and `end` as open times, start <= open < end; since
    the engine refuses times beyond the wall clock, and market time may be there, `params` may carry `start_ns` and
    `end_ns` instead. It is always answered, with nothing when it fails.
    """

    def __init__(self, *, name: str, config: FeedClientConfig, cache: ClientCache, clock: Clock) -> None:
        """Attach to the player of `config`; it goes on where it is."""
        self._player = config.player
        self._latency_s = config.latency_s
        feed = self._player.feed
        self._venue = Venue(min(instrument.venue for instrument in feed.instruments.values()))
        super().__init__(name=name, config=config, cache=cache, clock=clock, venue=self._venue)
        self._scales = {key: Scale(instrument) for key, instrument in feed.instruments.items()}
        self._bars = LiveBars(feed)
        self._bar_types: dict[tuple[str, str], BarType] = {}
        self._trades: set[str] = set()
        self._quotes: set[str] = set()
        self._echo = Echo(self._handle_data, cache, self._venue)
        self._subscribed = asyncio.Event()
        self._adding = asyncio.Lock()
        self._task: asyncio.Task[object] | None = None
        self._player.attach(self)

    def backlog(self) -> int:
        """Return how many events sent may still wait in the engine's queue."""
        return self._echo.backlog()

    def deliver(self, events: Sequence[FeedEvent], position_ns: int) -> None:
        """Send what is subscribed of `events`, and every bar that market time has closed meanwhile."""
        for event in events:
            if event.ts >= self._bars.next_due:
                self._send_due(event.ts)
            if isinstance(event, TradeRow):
                self._bars.trade(event)
                if event.instrument_id in self._trades:
                    self._echo.send(self._scales[event.instrument_id].trade_tick(event))
            elif isinstance(event, QuoteRow):
                if event.instrument_id in self._quotes:
                    self._echo.send(self._scales[event.instrument_id].quote_tick(event))
            elif (closed := self._bars.bar(event)) is not None:
                self._send_bar(closed)
        self._send_due(position_ns)

    def _send_due(self, ts: int) -> None:
        for closed in self._bars.due(ts):
            self._send_bar(closed)

    def _send_bar(self, closed: ClosedRow) -> None:
        bar_type = self._bar_types[closed.instrument_id, closed.interval.name]
        self._echo.send(self._scales[closed.instrument_id].bar(bar_type, closed.row, closed.ts))

    @override
    async def _connect(self) -> None:
        for instrument in self._player.feed.instruments.values():
            self._handle_instrument(to_engine(instrument))
        self._task = self.create_task(self._play(), "feed")

    @override
    async def _disconnect(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _play(self) -> None:
        wait_s = ALONE_S
        while await self._is_changing(wait_s):
            wait_s = SETTLE_S
        await self._player.run(self)

    async def _is_changing(self, wait_s: float) -> bool:
        """Return whether a subscription comes within `wait_s` seconds or is still being made."""
        self._subscribed.clear()
        try:
            async with asyncio.timeout(wait_s):
                await self._subscribed.wait()
        except TimeoutError:
            return self._adding.locked()
        return True

    @override
    async def _subscribe_instruments(self, command: SubscribeInstruments) -> None:
        pass

    @override
    async def _subscribe_instrument(self, command: SubscribeInstrument) -> None:
        pass

    @override
    async def _subscribe_trades(self, command: SubscribeTrades) -> None:
        self._trades.add(str(command.instrument_id))
        self._subscribed.set()

    @override
    async def _subscribe_quotes(self, command: SubscribeQuotes) -> None:
        self._quotes.add(str(command.instrument_id))
        self._subscribed.set()

    @override
    async def _subscribe_bars(self, command: SubscribeBars) -> None:
        self._subscribed.set()
        try:
            instrument_id, interval = split_bar_type(str(command.bar_type))
            async with self._adding:
                await self._prepare(instrument_id, ("1h", interval.floor(self._player.position_ns), None, _ALL))
                self._bars.add(instrument_id, interval)
        except NodeError as e:
            log.warning("bars_refused", bar_type=str(command.bar_type), reason=str(e))
        else:
            self._bar_types[instrument_id, interval.name] = command.bar_type

    @override
    async def _unsubscribe_instruments(self, command: UnsubscribeInstruments) -> None:
        pass

    @override
    async def _unsubscribe_instrument(self, command: UnsubscribeInstrument) -> None:
        pass

    @override
    async def _unsubscribe_trades(self, command: UnsubscribeTrades) -> None:
        self._trades.discard(str(command.instrument_id))

    @override
    async def _unsubscribe_quotes(self, command: UnsubscribeQuotes) -> None:
        self._quotes.discard(str(command.instrument_id))

    @override
    async def _unsubscribe_bars(self, command: UnsubscribeBars) -> None:
        try:
            self._bars.discard(*split_bar_type(str(command.bar_type)))
        except NodeError:
            log.warning("bars_never_sent", bar_type=str(command.bar_type))

    @override
    async def _request_instrument(self, request: RequestInstrument) -> None:
        instrument = self._player.feed.instruments.get(str(request.instrument_id))
        if instrument is None:
            log.warning("instrument_unknown", instrument_id=str(request.instrument_id))
            return
        asked = request.request_id, self.clock.timestamp_ns(), request.start_ns, request.end_ns, request.params
        data = to_engine(instrument)
        self._handle_response(InstrumentResponse(self.client_id, request.instrument_id, data, *asked))

    @override
    async def _request_instruments(self, request: RequestInstruments) -> None:
        data = [to_engine(instrument) for instrument in self._player.feed.instruments.values()]
        asked = request.request_id, self.clock.timestamp_ns(), request.start_ns, request.end_ns, request.params
        self._handle_response(InstrumentsResponse(self.client_id, self._venue, data, *asked))

    @override
    async def _request_bars(self, request: RequestBars) -> None:
        try:
            await asyncio.sleep(self._latency_s)
            bars = await self._history(request)
        except NodeError as e:  # a kind of bars that this source does not have
            log.warning("history_refused", bar_type=str(request.bar_type), reason=str(e))
            bars = []
        except Exception:  # no answer at all: an empty one would say that the source has nothing there
            log.exception("history_failed", bar_type=str(request.bar_type))
            return
        asked = request.request_id, self.clock.timestamp_ns(), request.start_ns, request.end_ns, request.params
        self._handle_response(BarsResponse(self.client_id, request.bar_type, bars, *asked))

    async def _history(self, request: RequestBars) -> list[Bar]:
        """Return closed bars with start <= open < end; long work lets others have their turn in between."""
        instrument_id, interval = split_bar_type(str(request.bar_type))
        span = _span(request)
        async with self._adding:  # a subscription asked for before must see every bar that this answer leaves out
            pass
        await self._prepare(instrument_id, (interval.name, *span))
        rows = self._player.feed.history(instrument_id, interval.name, *span)
        bars: list[Bar] = []
        for first in range(0, len(rows), _ROWS_A_TURN):
            part = rows[first : first + _ROWS_A_TURN]
            bars += [self._bar(request.bar_type, interval, instrument_id, row) for row in part]
            await asyncio.sleep(0)
        return bars

    def _bar(self, bar_type: BarType, interval: Interval, instrument_id: str, row: BarRow) -> Bar:
        return self._scales[instrument_id].bar(bar_type, row, interval.close(row.ts_open))

    async def _prepare(self, instrument_id: str, asked: tuple[str, int | None, int | None, int]) -> None:
        """Let a feed that computes its history do so bit by bit."""
        feed = self._player.feed
        if isinstance(feed, GradualFeed) and instrument_id in feed.instruments:
            for _ in feed.prepare(instrument_id, *asked):
                await asyncio.sleep(0)


class FeedClientFactory(DataClientFactory):
    """Builds the client from its config; nothing is started here."""

    @staticmethod
    @override
    def create(*, name: str, config: DataClientConfig, cache: ClientCache, clock: Clock) -> DataClient:
        if not isinstance(config, FeedClientConfig):
            raise TypeError(f"expected FeedClientConfig, was {type(config).__name__}")
        return FeedClient(name=name, config=config, cache=cache, clock=clock)


def _span(request: RequestBars) -> tuple[int | None, int | None, int]:
    """Return start, end (UNIX ns) and limit; `params` win over the engine's own times."""
    params: dict[str, Any] = request.params or {}
    start, end = params.get("start_ns", request.start_ns), params.get("end_ns", request.end_ns)
    return start, end, request.limit or _ALL
