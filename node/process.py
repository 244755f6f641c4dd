"""The parts of the live process: those that outlive every node, a server, one host; made, run and ended in order."""

import asyncio
from pathlib import Path

import structlog

from actors.auth.services import listening_services, with_services
from actors.bridge.account_relay import AccountRelay
from actors.bridge.channel import channels
from actors.bridge.command import commands
from actors.bridge.context import Context
from actors.bridge.dialect import dialects
from actors.bridge.hub import Hub
from actors.bridge.indicator_relay import IndicatorRelay
from actors.bridge.job_relay import JobRelay
from actors.bridge.plugins import check_access
from actors.bridge.relay import Relay
from actors.bridge.rest.limits import order_budget
from actors.bridge.server import Server
from actors.bridge.socket import WebSocketView
from actors.bridge.symbols import Symbols
from actors.buffer.recall import RecalledSource
from actors.buffer.source import Asked
from actors.buffer.store import Buffer
from actors.clock import MarketClock
from actors.indicators.engine import bar_maker
from actors.indicators.indicator import indicators
from actors.indicators.store import RunningIndicators
from actors.signal.actor import SignalActor
from actors.signal.predictor import predictors
from actors.ticks.store import Ticks
from adapters.player import AtEnd
from config.errors import ConfigError
from config.version import VERSION
from node.books import OpenBooks, hosted, open_books
from node.build import Parts, build_node
from node.cache import open_cache
from node.check import check_signals, check_strategies
from node.host import BuiltNode
from node.lean import flatten
from node.logs import OutputCapture
from node.market import open_market
from node.people import OpenUsers
from node.replay import ReplayControl
from node.signals import SignalSide
from node.sockets import dialect_sockets
from node.tasks import Tasks
from node.view import NodeView
from strategies.registry import strategies

NOTICE_MS = 100
READY_POLL_S = 0.005

log = structlog.get_logger(__name__)


class Process:
    """Everything between the first log line and the last."""

    def __init__(self, users: OpenUsers, base_dir: Path, started: float, stop: asyncio.Event) -> None:
        self._users = users
        self._config = config = users.config
        self._stop = stop
        self._tasks = Tasks()
        self._error: Exception | None = None
        self._market = open_market(config, base_dir, users.state_dir, on_end=self._on_end, on_fault=self._on_feed_fault)
        feed = self._market.feed
        self._clock = MarketClock()
        self._clock.reset(feed.position_ns)
        self._cache = open_cache(config, self._market.past, lambda: self._market.player.speed)
        self._buffer = Buffer(config.buffer, feed.instruments, feed.native_interval, recalled=self._recalled)
        check_signals(config, self._buffer)
        check_strategies(config, feed.instruments)
        self._indicators = RunningIndicators(config.indicators, config.buffer, self._buffer, bar_maker)
        self._indicators.kinds()  # a plug-in that cannot be used is known from the start
        self._ticks = Ticks(feed.instruments, feed.kinds, latest=lambda: feed.position_ns, hear=self._clock.hear)
        self._symbols = Symbols(feed.instruments, config.dialects.default_venue)
        self._signals = self._signal_side(base_dir)
        self._books = self._opened_books()
        self._host = hosted(self._build, self._books, self._market.player)
        self._view = self._viewed(started)
        self._replay = self._controlled()
        check_access()
        context = self._context()
        self._hub = Hub(context)
        self._indicators.listener = IndicatorRelay(self._hub)
        self._signals.jobs.listener = JobRelay(self._hub, context)
        self._websocket = WebSocketView(self._hub, context)
        self._server = Server(
            context, self._websocket.handle, sockets=dialect_sockets(self._websocket, self._hub, context)
        )
        self._parts = self._outliving()
        if self._books is not None:
            self._books.tell(AccountRelay(self._hub, context, self._books.traders))
            users.attach(self._books.traders)

    def _recalled(self, source: Asked) -> Asked:
        """Put the cache before a source of history that costs something."""
        has_past = self._market.past is not None
        return RecalledSource(source, self._cache, lambda: self._clock.now_ns) if has_past else source

    def _opened_books(self) -> OpenBooks | None:
        return open_books(
            self._config,
            self._users.journal,
            self._market,
            self._ticks,
            self._buffer,
            opinions=self._signals.log,
            spawn=self._tasks.spawn,
            now_ns=lambda: self._clock.now_ns,
            is_stale=lambda: self._view.feed == "stale",
            fail=lambda reason: self._host.fail(reason),  # noqa: PLW0108  # the host is made after the books
        )

    def _signal_side(self, base_dir: Path) -> SignalSide:
        return SignalSide(
            self._users,
            base_dir,
            self._market,
            self._buffer,
            self._clock,
            symbols=self._symbols,
            tasks=self._tasks,
            on_change=self._tell_status,
        )

    def _viewed(self, started: float) -> NodeView:
        return NodeView(
            market=self._config.market,
            open_market=self._market,
            host=self._host,
            buffer=self._buffer,
            clock=self._clock,
            cache=self._cache,
            ticks=self._ticks,
            signals=self._signals.log,
            analyses=self._signals.analyses.store,
            background=self._signals.background,
            screened_orders=self._signals.screened_orders,
            traders=None if self._books is None else self._books.traders,
            stale_after_s=self._config.node.stale_after_s,
            registries=(predictors, channels, commands, dialects, indicators, strategies),
            started=started,
        )

    def _controlled(self) -> ReplayControl:
        return ReplayControl(
            self._market,
            self._host,
            self._buffer,
            forget=self._forget,
            settle=self._buffer.advance,
            is_ready=self._view.is_ready,
            on_change=self._tell_status,
            spawn=self._tasks.spawn,
            books=None if self._books is None else self._books.traders,
        )

    def _context(self) -> Context:
        return Context(
            config=self._config,
            version=VERSION,
            clock=self._clock,
            bars=self._buffer,
            signals=self._signals.log,
            analyses=self._signals.analyses.store,
            models=self._signals.models,
            jobs=self._signals.jobs,
            keeper=self._signals.keeper,
            indicators=self._indicators,
            ticks=self._ticks,
            host=self._view,
            cache=self._cache,
            symbols=self._symbols,
            screening=self._signals.screener,
            screened_orders=self._signals.screened_orders,
            order_outcomes=self._signals.order_outcomes,
            replay=self._replay,
            order_budget=order_budget(self._config.server),
            traders=None if self._books is None else self._books.traders,
            identity=with_services(
                self._users.identity, self._config.services, present=listening_services(self._config.dialects)
            ),
            people=self._users.people,
            audit=self._users.journal,
            settings=self._signals.settings,
        )

    def _outliving(self) -> Parts:
        """Return what every built node is given."""
        return Parts(
            config=self._config,
            market=self._market,
            clock=self._clock,
            buffer=self._buffer,
            signals=self._signals.log,
            recorder=self._signals.analyses.recorder,
            models=self._signals.models,
            indicators=self._indicators,
            ticks=self._ticks,
            relay=Relay(self._hub),
            settings=lambda: self._signals.settings.sections,
            background=self._signals.background,
            is_stale=lambda: self._view.feed == "stale",
            on_fault=lambda fault: self._host.fail(f"{fault.component}: {fault.error}"),
            books=None if self._books is None else self._books.traders.present,
            bars=None if self._books is None else self._books.feed,
            upkeep=self._users.upkeep,
        )

    async def run(self, capture: OutputCapture) -> int:
        """Start, wait for the end, stop in order; return the exit code."""
        self._tasks.watch(asyncio.get_running_loop())
        self._tasks.spawn(capture.follow())
        self._cache.start()
        self._signals.start()
        try:
            await self._server.start()
            await self._users.start()
            if self._books is not None:
                self._tasks.spawn(self._books.run())
            self._tasks.spawn(self._start_node())
            await self._stop.wait()
            if isinstance(self._error, ConfigError):
                raise self._error
            return 0 if self._error is None else 1
        finally:
            await self._end()

    async def _start_node(self) -> None:
        try:
            if self._books is not None:
                await self._books.traders.open()
            await self._users.open_traders()
            await self._host.start()
        except Exception as e:  # whatever it was: a node that never came up ends, and says why
            log.exception("node_not_started")
            self._error = e
            self._stop.set()
            return
        while not self._view.is_ready():  # noqa: ASYNC110  # it depends on many parts, for a moment only
            await asyncio.sleep(READY_POLL_S)
        log.info("node_ready", after_ms=round(self._view.uptime_s * 1_000))
        self._signals.begin_screening()
        len(strategies)  # those that cannot be loaded are known from here on
        await flatten(self._buffer)

    async def _end(self) -> None:
        """Tell the clients, stop the engine, keep the position, close the server: each step even if one fails."""
        log.info("node_stopping")
        if self._books is not None:
            await self._books.traders.stop()
        steps = (self._websocket.stop(NOTICE_MS), self._host.stop())
        for outcome in await asyncio.gather(*steps, return_exceptions=True):
            if isinstance(outcome, BaseException):
                log.error("stop_failed", exc_info=outcome)
        await self._server.stop()
        await self._cache.stop()
        self._market.close()
        await self._tasks.end()
        await self._signals.close()
        await self._users.stop()
        log.info("node_stopped", uptime_s=round(self._view.uptime_s, 1))

    def _build(self) -> BuiltNode:
        self._market.player.fault = None
        return build_node(self._parts)

    def _on_feed_fault(self, error: Exception) -> None:
        self._host.fail(f"the feed has failed: {error}")

    def _on_end(self, at_end: AtEnd) -> None:
        """Do what the end of a recording means; called on the loop."""
        if at_end == "exit":
            self._tasks.spawn(self._exit())
        elif at_end == "loop":
            self._tasks.spawn(self._replay.loop())
        self._replay.changed()

    async def _exit(self) -> None:
        """End the process once every bar has its signal."""
        while any(isinstance(one, SignalActor) and one.is_busy for one in self._host.components):  # noqa: ASYNC110  # no event
            await asyncio.sleep(READY_POLL_S)
        self._stop.set()

    def _forget(self) -> None:
        """Have everything that outlives a node begin anew where the feed stands now; between two nodes."""
        self._market.line.restart(self._market.feed.position_ns)
        self._clock.reset(self._market.feed.position_ns)
        self._buffer.reset()
        self._signals.reset()
        self._indicators.reset()
        self._ticks.reset()
        self._cache.clear()
        self._hub.reset_all()

    def _tell_status(self) -> None:
        status = self._hub.streams.find("status")
        if status is not None:
            self._hub.touch(status)
