"""The engine of a backtest with our actors and strategies in it, stepped through the data."""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from types import FrameType
from typing import Any, Self, override

from nautilus_trader.backtest import BacktestEngine, BacktestEngineConfig
from nautilus_trader.common import Cache, DataActor, DataActorConfig, LoggerConfig, LogLevel
from nautilus_trader.execution import MakerTakerFeeModel
from nautilus_trader.model import (
    AccountType,
    ActorId,
    InstrumentId,
    InstrumentStatus,
    MarketStatusAction,
    Money,
    OmsType,
    Venue,
)

from actors.buffer.actor import BufferActor
from actors.buffer.store import Buffer
from actors.clock import MarketClock
from actors.engine import to_engine
from actors.guard import Fault, Faults, guarded
from actors.market import Instrument
from actors.messages import BACKFILLS_TOPIC, SIGNALS_TOPIC
from actors.signal.actor import SignalActor
from actors.signal.log import SignalLog
from adapters.replay.feed import ReplayFeed
from config.errors import BacktestError, ConfigError
from config.schema import BacktestSection, NodeConfig
from node.backtest.market import BacktestData
from node.lean import cheap_banner
from node.models import open_models
from node.sections import strategy_sections
from strategies.load import load_strategy

CHUNK = 2_000
"""Rows that the engine gets at most at once, and after which progress is told."""
_ALL = 2**62

Progress = Callable[[int, int], None]
"""Told how many rows are done, and of how many."""


@contextmanager
def _whole() -> Iterator[None]:
    """Hold Ctrl-C back until the engine returns: it swallows what a handler raises, and the bar would be lost."""
    if threading.current_thread() is not threading.main_thread():  # signals reach the main thread only
        yield
        return
    asked = False

    def ask(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = True

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if asked:
        signal.raise_signal(signal.SIGINT)


class SignalTally(DataActor):
    """Counts signals by kind."""

    def __new__(cls, config: DataActorConfig) -> Self:
        """Hand the engine its own part."""
        return super().__new__(cls, config)  # type: ignore[call-arg]  # the stub tells of `__init__` alone

    def __init__(self, config: DataActorConfig) -> None:
        super().__init__(config)
        self.faults = Faults("tally")
        self.counts = {"long": 0, "short": 0, "neutral": 0}
        self.backfilled = 0

    @override
    @guarded
    def on_start(self) -> None:
        self.subscribe_topic(f"{SIGNALS_TOPIC}.*", self.on_signal_message)
        self.subscribe_topic(f"{BACKFILLS_TOPIC}.*", self.on_backfill)

    @guarded
    def on_signal_message(self, signal: Any) -> None:  # noqa: ANN401  # a Signal
        """Count a `Signal`."""
        self.counts[signal.signal] += 1

    @guarded
    def on_backfill(self, message: Any) -> None:  # noqa: ANN401  # a SignalsBackfilled
        """Count the signals of history."""
        self.backfilled += message.signals


class BacktestRun:
    """One engine with everything in it; use as a context, run once."""

    def __init__(self, config: NodeConfig, feed: ReplayFeed, signals: SignalLog) -> None:
        """Build it.

        Raises:
            ConfigError: If the configuration does not fit the recordings or the strategies.
        """
        self.feed = feed
        self.currency = _currency(feed, config.backtest)
        self.venue = Venue(next(iter(feed.instruments.values())).venue)
        self.tally = SignalTally(DataActorConfig(ActorId("Tally-001")))
        self._data = BacktestData(feed)
        self._engine = _engine(config, feed)
        self._components: list[Any] = []
        self._add_actors(config, signals)
        for number, section in enumerate(strategy_sections(config), 1):
            strategy = load_strategy(section, tag=f"{number:03}")
            self._add(strategy, self._engine.add_strategy)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()

    @property
    def cache(self) -> Cache:
        """The engine's orders, positions and accounts."""
        return self._engine.cache

    def run(self, progress: Progress) -> None:
        """Play the recordings to their end.

        Raises:
            BacktestError: If an actor or a strategy raised; ConfigError if that is what it raised.
        """
        first = self.feed.rows_read
        total = self.feed.rows_total - first
        self._open_market()
        told = 0
        while not self._data.is_over:
            data = self._data.read(CHUNK)
            if data:
                self._engine.clear_data()
                self._play(data)
            done = self.feed.rows_read - first
            if done - told >= CHUNK or done == total:
                told = done
                progress(done, total)
        with _whole():
            self._engine.end()
        self._check()

    def _add_actors(self, config: NodeConfig, signals: SignalLog) -> None:
        clock = MarketClock()
        feed = self.feed
        buffer = Buffer(config.buffer, feed.instruments, feed.native_interval)
        for name in feed.instruments:
            interval = feed.native_interval(name) or "1m"
            buffer.preload(name, interval, feed.history(name, interval, None, None, _ALL))
        self._add(BufferActor(DataActorConfig(ActorId("Buffer-001")), buffer, clock), self._engine.add_actor)
        self._add(self.tally, self._engine.add_actor)
        named = DataActorConfig(ActorId("Signal-001"))
        actor = SignalActor(named, config.signals, buffer, signals, models=open_models(config))
        self._add(actor, self._engine.add_actor)

    def _add(self, component: Any, add: Callable[[Any], None]) -> None:  # noqa: ANN401  # an actor or a strategy
        self._data.follow(component)
        self._components.append(component)
        add(component)

    def _open_market(self) -> None:
        """Start the components with a first datum, so that their subscriptions are known before the first bar."""
        ts = self.feed.position_ns
        status = [
            InstrumentStatus(InstrumentId.from_str(name), MarketStatusAction.TRADING, ts, ts)
            for name in self.feed.instruments
        ]
        self._play(status)

    def _play(self, data: Sequence[Any]) -> None:
        self._engine.add_data(data)
        try:
            with _whole():
                self._engine.run(streaming=True)
        except RuntimeError:
            self._check()  # a component that failed while starting has stopped, which the engine cannot bear
            raise
        self._check()

    def _check(self) -> None:
        """Raise the first fault: what follows it would be told of a strategy that is not there any more."""
        faults: list[Fault] = [fault for component in self._components for fault in component.faults.found]
        if faults:
            first = faults[0]
            kind, _, message = first.error.partition(": ")
            if kind == ConfigError.__name__:
                raise ConfigError(message)
            raise BacktestError(f"{first.component} failed in {first.handler}: {first.error}")


def _currency(feed: ReplayFeed, section: BacktestSection) -> str:
    """Return the one currency that everything is settled in."""
    currencies = sorted({instrument.quote_currency for instrument in feed.instruments.values()})
    venues = sorted({instrument.venue for instrument in feed.instruments.values()})
    if len(currencies) > 1:
        raise ConfigError(f"a backtest counts in one currency, the instruments are quoted in {', '.join(currencies)}")
    if len(venues) > 1:
        raise ConfigError(f"a backtest has one account, the instruments are on venues {', '.join(venues)}")
    if Decimal(section.balances.get(currencies[0], "0")) <= 0:
        raise ConfigError(
            f"backtest.balances: expected a balance of {currencies[0]}, found {', '.join(section.balances)}"
        )
    return currencies[0]


def _engine(config: NodeConfig, feed: ReplayFeed) -> BacktestEngine:
    section, instruments = config.backtest, list(feed.instruments.values())
    logging = LoggerConfig(stdout_level=LogLevel.ERROR)  # `bypass_logging` does not silence it
    with cheap_banner():
        engine = BacktestEngine(BacktestEngineConfig(logging=logging, run_analysis=False))
    has_margin = any(instrument.kind == "perpetual" for instrument in instruments)
    engine.add_venue(
        Venue(instruments[0].venue),
        OmsType.NETTING,
        AccountType.MARGIN if has_margin else AccountType.CASH,
        [Money.from_str(f"{amount} {currency}") for currency, amount in section.balances.items()],
        default_leverage=Decimal(str(section.leverage)) if has_margin else None,
        fee_model=_fees(instruments),
        # Trades already moved the price: the bar made of them would play it all again.
        bar_execution=any(feed.native_interval(name) for name in feed.instruments),
    )
    for instrument in instruments:
        engine.add_instrument(to_engine(instrument))
    return engine


def _fees(instruments: Sequence[Instrument]) -> MakerTakerFeeModel:
    rates = {
        InstrumentId.from_str(instrument.instrument_id): (Decimal(instrument.maker_fee), Decimal(instrument.taker_fee))
        for instrument in instruments
    }
    maker, taker = next(iter(rates.values()))
    return MakerTakerFeeModel(maker, taker, rates)
