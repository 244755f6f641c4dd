"""A backtest engine with one spot and one perpetual instrument, for tests of actors and strategies."""

from contextlib import contextmanager
from decimal import Decimal

from nautilus_trader.backtest import BacktestEngine, BacktestEngineConfig
from nautilus_trader.common import DataActor, DataActorConfig, LoggerConfig, LogLevel
from nautilus_trader.execution import MakerTakerFeeModel
from nautilus_trader.model import AccountType, ActorId, BarType, Currency, InstrumentId, Money, OmsType, Venue

from actors.engine import Scale, to_engine
from actors.market import MINUTE_NS, BarRow, bar_type_of
from tests.unit.walks import INSTRUMENT, NAME, START

BAR_TYPE = BarType.from_str(bar_type_of(NAME, "1m"))
IID = InstrumentId.from_str(NAME)
SCALE = Scale(INSTRUMENT)


def flat_rows(count, start=START):
    """Bars around 100.00, a day's trading away from the limit orders of the tests at 50.00."""
    return [BarRow(start + i * MINUTE_NS, 10_000, 10_100, 9_900, 10_000 + i % 3, 50_000_000) for i in range(count)]


def engine_bars(rows):
    return [SCALE.bar(BAR_TYPE, row, row.ts_open + MINUTE_NS) for row in rows]


@contextmanager
def small_engine(*components, rows, instrument=INSTRUMENT):
    """Give an engine in which the components (actors and strategies) have met the bars of `rows`."""
    logging = LoggerConfig(stdout_level=LogLevel.OFF)
    engine = BacktestEngine(BacktestEngineConfig(logging=logging, run_analysis=False))
    money = [Money(1_000_000, Currency.from_str("USDT"))]
    fees = MakerTakerFeeModel(Decimal("0.0008"), Decimal("0.001"))
    engine.add_venue(Venue("SIM"), OmsType.NETTING, AccountType.MARGIN, money, fee_model=fees)
    engine.add_instrument(to_engine(instrument))
    for component in components:
        (engine.add_actor if isinstance(component, DataActor) else engine.add_strategy)(component)
    engine.add_data(engine_bars(rows))
    try:
        engine.run()
        yield engine
    finally:
        engine.dispose()


class Script(DataActor):
    """Publishes what the test prepared: with the n-th bar the n-th list of (topic, message)."""

    def __new__(cls, *_args):
        return super().__new__(cls, DataActorConfig(ActorId("Script-001")))

    def __init__(self, steps):
        super().__init__(DataActorConfig(ActorId("Script-001")))
        self.steps = list(steps)

    def on_start(self):
        self.subscribe_bars(BAR_TYPE)

    def on_bar(self, bar):
        for topic, message in self.steps.pop(0) if self.steps else ():
            self.publish_message(topic, message)


class Ear(DataActor):
    """Keeps every message of some topics."""

    def __new__(cls, *_args):
        return super().__new__(cls, DataActorConfig(ActorId("Ear-001")))

    def __init__(self, *topics):
        super().__init__(DataActorConfig(ActorId("Ear-001")))
        self.topics = topics
        self.heard = []

    def on_start(self):
        for topic in self.topics:
            self.subscribe_topic(topic, self.heard.append)
