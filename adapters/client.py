"""The data client of a market of ours: a feed's events as engine data, bars of every interval, history."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Self, override

import structlog
from nautilus_trader.common import Clock
from nautilus_trader.live import (
    ClientCache,
    DataClientConfig,
    RequestBookSnapshot,
    SubscribeBars,
    SubscribeBookDeltas,
    SubscribeInstrument,
    SubscribeInstruments,
    SubscribeQuotes,
    SubscribeTrades,
    UnsubscribeBars,
    UnsubscribeBookDeltas,
    UnsubscribeInstrument,
    UnsubscribeInstruments,
    UnsubscribeQuotes,
    UnsubscribeTrades,
)
from nautilus_trader.live.clients import DataClient, DataClientFactory
from nautilus_trader.model import BookType

from actors.engine import to_engine
from actors.market import BookRow, QuoteRow, TradeRow, split_bar_type
from adapters.answering import AnsweringClient
from adapters.answers import ALL
from adapters.bars import LiveBars
from adapters.echo import Echo
from adapters.feed import FeedEvent
from adapters.line import Line, TrueLine
from adapters.player import Player
from adapters.sender import Sender
from adapters.settling import SETTLE_S, Settling
from config.errors import NodeError

log = structlog.get_logger(__name__)

HISTORY_S = 20.0
"""How long a market waits for those who read what came before it."""


class FeedClientConfig(DataClientConfig):
    """Carries the player; the engine's own fields stay at their defaults."""

    player: Player
    latency_s: float
    """How long a question takes, as on a real venue."""
    line: Line
    """What lies between the market and the engine."""
    may_begin: Callable[[], bool]
    """Whether what came before has been read; the market stands until then, but not for ever."""

    def __new__(
        cls,
        player: Player,  # noqa: ARG004  # the engine must not see ours
        latency_s: float = 0.0,  # noqa: ARG004  # likewise
        line: Line | None = None,  # noqa: ARG004  # likewise
        may_begin: Callable[[], bool] = lambda: True,  # noqa: ARG004  # likewise
    ) -> Self:
        """Make the engine's part."""
        return super().__new__(cls)

    def __init__(
        self,
        player: Player,
        latency_s: float = 0.0,
        line: Line | None = None,
        may_begin: Callable[[], bool] = lambda: True,
    ) -> None:
        """Keep our part; without a line everything arrives as it is."""
        self.player = player
        self.latency_s = latency_s
        self.line = line or TrueLine()
        self.may_begin = may_begin


class FeedClient(AnsweringClient):
    """Sends what is subscribed, and answers questions about the past.

    At one instant closed bars come first, the shortest interval before longer ones, then what the feed tells, in its
    order. A bar's `ts_event` and `ts_init` are its close.

    The first to subscribe a book gets all of it at once and then every step, the first to subscribe quotes the newest
    one. The engine does not tell of further subscribers. A request for a subscribed book sends all of it to whoever
    hears its steps, too: so a reader who has lost one mends the engine's book and everybody's (an answer alone, with
    fewer levels perhaps, would take the place of the engine's book).
    """

    def __init__(self, *, name: str, config: FeedClientConfig, cache: ClientCache, clock: Clock) -> None:
        """Attach to the player of `config`; it goes on where it is."""
        self._player, feed = config.player, config.player.feed
        super().__init__(
            name=name, config=config, cache=cache, clock=clock, feed=feed, line=config.line, latency_s=config.latency_s
        )
        self._bars = LiveBars(feed)
        self._trades, self._quotes, self._books = set[str](), set[str](), set[str]()
        self._sender = Sender(config.line, Echo(self._handle_data, cache, self._venue), self._scales)
        self._settling = Settling(self._answers.adding)
        self._may_begin = config.may_begin
        self._task: asyncio.Task[object] | None = None
        for instrument_id in feed.instruments:
            feed.want_book(instrument_id, is_wanted=False)  # by an earlier client: nobody reads it now
        self._player.attach(self)

    def backlog(self) -> int:
        """Return how many events sent may still wait in the engine's queue."""
        return self._sender.backlog()

    def deliver(self, events: Sequence[FeedEvent], position_ns: int) -> None:
        """Send what is subscribed of `events`, and every bar that market time has closed meanwhile."""
        send = self._sender.send
        for event in events:
            if event.ts >= self._bars.next_due:
                self._send_due(event.ts)
            if isinstance(event, TradeRow):
                self._bars.trade(event)
                if event.instrument_id in self._trades:
                    send(event)
            elif isinstance(event, QuoteRow):
                if event.instrument_id in self._quotes:
                    send(event)
            elif isinstance(event, BookRow):
                if event.instrument_id in self._books:
                    send(event)
            elif (closed := self._bars.bar(event)) is not None:
                send(closed)
        self._send_due(position_ns)
        self._sender.move(position_ns)

    def _send_book(self, instrument_id: str) -> None:
        """Send the whole of a subscribed book: the next step follows it."""
        if instrument_id in self._books and (whole := self._feed.book(instrument_id)) is not None:
            self._sender.send(whole)

    def _send_due(self, ts: int) -> None:
        for closed in self._bars.due(ts):
            self._sender.send(closed)

    @override
    async def _connect(self) -> None:
        for instrument in self._feed.instruments.values():
            self._handle_instrument(to_engine(instrument))
        self._task = self.create_task(self._play(), "feed")

    @override
    async def _disconnect(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _play(self) -> None:
        await self._settling.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(HISTORY_S):
                while not self._may_begin():  # noqa: ASYNC110  # it depends on many parts
                    await asyncio.sleep(SETTLE_S)
        await self._player.run(self)

    @override
    async def _subscribe_instruments(self, command: SubscribeInstruments) -> None:
        pass

    @override
    async def _subscribe_instrument(self, command: SubscribeInstrument) -> None:
        pass

    @override
    async def _subscribe_trades(self, command: SubscribeTrades) -> None:
        self._trades.add(str(command.instrument_id))
        self._settling.note()

    @override
    async def _subscribe_quotes(self, command: SubscribeQuotes) -> None:
        self._settling.note()
        name = str(command.instrument_id)
        self._quotes.add(name)
        newest = self._feed.quote(name) if name in self._feed.instruments else None
        if newest is not None:
            self._sender.send(newest)

    @override
    async def _subscribe_book_deltas(self, command: SubscribeBookDeltas) -> None:
        self._settling.note()
        name = str(command.instrument_id)
        if command.book_type != BookType.L2_MBP:
            log.warning("book_refused", instrument_id=name, reason="only books of price levels, L2_MBP")
            return
        if name in self._feed.instruments:
            self._feed.want_book(name, is_wanted=True)
            self._books.add(name)
            self._send_book(name)

    @override
    async def _subscribe_bars(self, command: SubscribeBars) -> None:
        self._settling.note()
        try:
            instrument_id, interval = split_bar_type(str(command.bar_type))
            async with self._answers.adding:
                await self._answers.prepare(instrument_id, ("1h", interval.floor(self._player.position_ns), None, ALL))
                self._bars.add(instrument_id, interval)
        except NodeError as e:
            log.warning("bars_refused", bar_type=str(command.bar_type), reason=str(e))
        else:
            self._sender.name_bars(instrument_id, interval.name, command.bar_type)

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
    async def _unsubscribe_book_deltas(self, command: UnsubscribeBookDeltas) -> None:
        self._books.discard(str(command.instrument_id))
        self._feed.want_book(str(command.instrument_id), is_wanted=False)

    @override
    async def _unsubscribe_bars(self, command: UnsubscribeBars) -> None:
        try:
            self._bars.discard(*split_bar_type(str(command.bar_type)))
        except NodeError:
            log.warning("bars_never_sent", bar_type=str(command.bar_type))

    @override
    async def _request_book_snapshot(self, request: RequestBookSnapshot) -> None:
        await super()._request_book_snapshot(request)
        self._send_book(str(request.instrument_id))


class FeedClientFactory(DataClientFactory):
    """Builds the client from its config; nothing is started here."""

    @staticmethod
    @override
    def create(*, name: str, config: DataClientConfig, cache: ClientCache, clock: Clock) -> DataClient:
        if not isinstance(config, FeedClientConfig):
            raise TypeError(f"expected FeedClientConfig, was {type(config).__name__}")
        return FeedClient(name=name, config=config, cache=cache, clock=clock)
