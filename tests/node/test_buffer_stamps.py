"""The buffer in a real engine, fed with what cannot be true, and with nothing."""

import asyncio
from contextlib import asynccontextmanager

import pytest
import structlog
from nautilus_trader.live import DataClientConfig
from nautilus_trader.live.clients import DataClientFactory, MarketDataClient
from nautilus_trader.model import BarType, Venue

from actors.buffer.check import REFUSED
from actors.buffer.store import Buffer
from actors.clock import MarketClock
from actors.engine import Scale, to_engine
from actors.market import INTERVALS, SECOND_NS, BarRow, TradeRow, bar_type_of
from config.errors import VenueUnavailableError
from config.schema import BufferSection
from tests.node.test_buffer_actor import Ear, actor_of, node
from tests.simulated import START
from tests.unit.traded_market import instrument

pytestmark = pytest.mark.slow


class Prepared(MarketDataClient):
    """Sends engine objects made by the test, and never answers a question unless told so."""

    def __init__(self, *, config, **engine):
        super().__init__(config=config, venue=Venue("SIM"), **engine)
        self.market = config.market

    async def _connect(self):
        self._handle_instrument(to_engine(instrument()))
        self.market.send = self._handle_data

    async def _disconnect(self):
        pass

    async def _subscribe_trades(self, command):
        pass

    async def _subscribe_bars(self, command):
        pass

    async def _request_bars(self, request):
        self.market.asked.set()


class PreparedConfig(DataClientConfig):
    def __new__(cls, market):
        return super().__new__(cls)

    def __init__(self, market):
        self.market = market


class PreparedFactory(DataClientFactory):
    @staticmethod
    def create(*, name, config, cache, clock):
        return Prepared(name=name, config=config, cache=cache, clock=clock)


class Wire:
    """Where a test puts what the venue sends."""

    scale = Scale(instrument())
    name = instrument().instrument_id

    def __init__(self):
        self.send = None
        self.asked = asyncio.Event()

    def trade(self, second, price=100, size=5):
        self.send(self.scale.trade_tick(TradeRow(self.name, START + int(second * SECOND_NS), price, size, "buy", "1")))

    def bar(self, second, row):
        self.send(self.scale.bar(BarType.from_str(bar_type_of(self.name, "1m")), row, START + int(second * SECOND_NS)))


@asynccontextmanager
async def wired(**options):
    """Run a node on prepared data; yields wire, ear, buffer, clock and actor."""
    wire, ear, clock = Wire(), Ear(), MarketClock()
    buffer = Buffer(BufferSection(request_timeout_s=0.3), {wire.name: instrument()}, {wire.name: None}.get)
    actor = actor_of(buffer, clock, **options)
    async with node(PreparedFactory, PreparedConfig(wire), actor, ear):
        await asyncio.wait_for(wire.asked.wait(), 30)
        yield wire, ear, buffer, clock


def refused(kind, reason):
    return REFUSED.labels(kind, reason)._value.get()


async def test_stamps_that_cannot_be_true_move_nothing():
    before = refused("trade", "ahead_of_time"), refused("trade", "out_of_order"), refused("bar", "ahead_of_time")
    limit = START + 100 * SECOND_NS
    with structlog.testing.capture_logs():
        async with wired(latest=lambda: limit) as (wire, ear, _, clock):
            wire.trade(10)
            wire.trade(5_000)
            wire.trade(9)
            minute = INTERVALS["1m"].floor(START)
            wire.bar((minute - START) / SECOND_NS + 6_000, BarRow(minute, 100, 100, 100, 100, 1))
            wire.trade(11)
            await ear.until(lambda: len(ear.opened) == 2)
            assert clock.now_ns == START + 11 * SECOND_NS
            assert [message.ts_event - START for message in ear.opened] == [10 * SECOND_NS, 11 * SECOND_NS]
    after = refused("trade", "ahead_of_time"), refused("trade", "out_of_order"), refused("bar", "ahead_of_time")
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1, 1]


async def test_a_bar_that_closes_between_two_minutes_is_refused():
    before = refused("bar", "off_grid")
    with structlog.testing.capture_logs():
        async with wired() as (wire, ear, _, clock):
            wire.bar(60.5, BarRow(START, 100, 100, 100, 100, 1))
            wire.trade(10)
            await ear.until(lambda: len(ear.opened) == 1)
            assert clock.now_ns == START + 10 * SECOND_NS
    assert refused("bar", "off_grid") - before == 1


async def test_a_source_that_never_answers_is_unavailable_not_a_hang():
    with structlog.testing.capture_logs():
        async with wired(give_up_s=0.2) as (wire, _, buffer, _clock):
            with pytest.raises(VenueUnavailableError):
                await buffer.page(wire.name, "1m", start=None, end=START, limit=10)
            with pytest.raises(VenueUnavailableError):
                await buffer.loaded(wire.name, "5m")


async def test_questions_end_with_the_node():
    with structlog.testing.capture_logs():
        async with wired(give_up_s=60.0) as (wire, _, buffer, _clock):
            asked = asyncio.ensure_future(buffer.page(wire.name, "1m", start=None, end=START, limit=10))
            await asyncio.sleep(0)
    with pytest.raises(VenueUnavailableError):
        await asyncio.wait_for(asked, 30)
