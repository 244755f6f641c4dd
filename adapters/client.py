"""The data client of a market of ours: a feed's events as engine data, bars of every interval, history."""

import asyncio
from collections.abc import Sequence
from typing import Any, Self, override

import structlog
from nautilus_trader.common import Clock
from nautilus_trader.live import BarsResponse, DataClientConfig
from nautilus_trader.live.clients import DataClient, DataClientFactory, MarketDataClient
from nautilus_trader.model import Bar, BarType, Venue

from actors.engine import Scale, to_engine
from actors.market import QuoteRow, TradeRow, split_bar_type
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
    """Sends what is subscribed; at one instant closed bars come first, the shortest interval before longer ones."""

    def __init__(self, *, name: str, config: FeedClientConfig, cache: Any, clock: Clock) -> None:
        """Attach to the player of `config`; it goes on where it is."""
        self._player = config.player
        self._latency_s = config.latency_s
        feed = self._player.feed
        venues = {instrument.venue for instrument in feed.instruments.values()}
        super().__init__(name=name, config=config, cache=cache, clock=clock, venue=Venue(min(venues)))
        self._scales = {key: Scale(instrument) for key, instrument in feed.instruments.items()}
        self._bars = LiveBars(feed)
        self._bar_types: dict[tuple[str, str], BarType] = {}
        self._trades: set[str] = set()
        self._quotes: set[str] = set()
        self._echo = Echo(self._handle_data, cache, Venue(min(venues)))
        self._subscribed = asyncio.Event()
        self._player.attach(self)

    @override
    async def _connect(self) -> None:
        for instrument in self._player.feed.instruments.values():
            self._handle_instrument(to_engine(instrument))
        self._task = self.create_task(self._play(), "feed")

    @override
    async def _disconnect(self) -> None:
        self._task.cancel()

    async def _play(self) -> None:
        timeout = ALONE_S
        while await self._has_subscribed(timeout):
            timeout = SETTLE_S
        await self._player.run(self)

    async def _has_subscribed(self, timeout: float) -> bool:
        """Return whether a subscription comes within `timeout` seconds."""
        self._subscribed.clear()
        try:
            await asyncio.wait_for(self._subscribed.wait(), timeout)
        except TimeoutError:
            return False
        return True

    def backlog(self) -> int:
        """Return how many events sent may still wait in the engine's queue."""
        return self._echo.backlog()

    def deliver(self, events: Sequence[FeedEvent], position_ns: int) -> None:
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
                self._send(closed)
        self._send_due(position_ns)

    def _send_due(self, ts: int) -> None:
        for closed in self._bars.due(ts):
            self._send(closed)

    def _send(self, closed: ClosedRow) -> None:
        bar_type = self._bar_types[closed.instrument_id, closed.interval.name]
        self._echo.send(self._scales[closed.instrument_id].bar(bar_type, closed.row, closed.ts))

    @override
    async def _subscribe_instruments(self, command: Any) -> None:
        self._subscribed.set()

    @override
    async def _subscribe_instrument(self, command: Any) -> None:
        self._subscribed.set()

    @override
    async def _subscribe_trades(self, command: Any) -> None:
        self._trades.add(str(command.instrument_id))
        self._subscribed.set()

    @override
    async def _subscribe_quotes(self, command: Any) -> None:
        self._quotes.add(str(command.instrument_id))
        self._subscribed.set()

    @override
    async def _subscribe_bars(self, command: Any) -> None:
        try:
            instrument_id, interval = split_bar_type(str(command.bar_type))
            self._bars.add(instrument_id, interval)
        except NodeError as e:
            log.warning("bars_refused", bar_type=str(command.bar_type), reason=str(e))
            return
        self._bar_types[instrument_id, interval.name] = command.bar_type
        self._subscribed.set()

    @override
    async def _unsubscribe_instruments(self, command: Any) -> None:
        pass

    @override
    async def _unsubscribe_instrument(self, command: Any) -> None:
        pass

    @override
    async def _unsubscribe_trades(self, command: Any) -> None:
        self._trades.discard(str(command.instrument_id))

    @override
    async def _unsubscribe_quotes(self, command: Any) -> None:
        self._quotes.discard(str(command.instrument_id))

    @override
    async def _unsubscribe_bars(self, command: Any) -> None:
        instrument_id, interval = split_bar_type(str(command.bar_type))
        if self._bar_types.pop((instrument_id, interval.name), None) is not None:
            self._bars.discard(instrument_id, interval)

    @override
    async def _request_bars(self, request: Any) -> None:
        bars: list[Bar] = []
        try:
            await asyncio.sleep(self._latency_s)
            bars = await self._history(request)
        except Exception:  # the engine must get an answer, else whoever asked waits for ever
            log.exception("history_failed", bar_type=str(request.bar_type))
        now = self.clock.timestamp_ns()
        self._handle_response(
            BarsResponse(
                self.client_id,
                request.bar_type,
                bars,
                request.request_id,
                now,
                request.start_ns,
                request.end_ns,
                request.params,
            )
        )

    async def _history(self, request: Any) -> list[Bar]:
        """Return closed bars with start <= open < end; long work lets others have their turn in between."""
        instrument_id, interval = split_bar_type(str(request.bar_type))
        feed, scale = self._player.feed, self._scales[instrument_id]
        asked = (instrument_id, interval.name, request.start_ns, request.end_ns, request.limit or _ALL)
        if isinstance(feed, GradualFeed):
            for _ in feed.prepare(*asked):
                await asyncio.sleep(0)
        rows = feed.history(*asked)
        bars: list[Bar] = []
        for first in range(0, len(rows), _ROWS_A_TURN):
            part = rows[first : first + _ROWS_A_TURN]
            bars += [scale.bar(request.bar_type, row, interval.close(row.ts_open)) for row in part]
            await asyncio.sleep(0)
        return bars


class FeedClientFactory(DataClientFactory):
    """Builds the client from its config; nothing is started here."""

    @staticmethod
    @override
    def create(*, name: str, config: Any, cache: Any, clock: Clock) -> DataClient:
        return FeedClient(name=name, config=config, cache=cache, clock=clock)
