"""A trade asks the AI first: a fresh word, else the last one marked stale, else none; never longer than two seconds."""

import asyncio
import threading
from time import perf_counter
from typing import override

import pytest
from structlog.testing import capture_logs

from actors.messages import Prediction
from actors.signal.predictor import Predictor, predictors
from config.schema import BotcoreSection, DialectsSection, NodeConfig, ServerSection
from config.signals import PredictorConfig, SignalConfig
from tests.bridge.fakes import BTC, FakeSignals, bar_rows, signal
from tests.bridge.test_botcore import playing, wish
from tests.bridge.trading_world import trading

PATH = "/api/trades/execute"
SLOW_S = 30.0
going = threading.Event()
"""Set: the slow predictor goes on."""


class SlowAi(Predictor):
    """Takes its time to open, as long as the test wants."""

    name = "slow_ai"
    warmup = 1

    @override
    def open(self, context):
        super().open(context)
        going.wait(SLOW_S)

    @override
    def predict(self, view):
        return Prediction(self.name, 0.5, 0.5)


@pytest.fixture
def slow(monkeypatch):
    predictors.get("technical")
    monkeypatch.setitem(predictors._classes, "slow_ai", SlowAi)
    going.clear()
    yield "slow_ai"
    going.set()


def config(predictor="technical", **botcore):
    section = SignalConfig(predictors=(PredictorConfig(name=predictor, weight=1.0),))
    server = ServerSection(port=0, user_orders_per_s=1_000, user_orders_burst=1_000)
    return NodeConfig(server=server, signals=(section,), dialects=DialectsSection(botcore=BotcoreSection(**botcore)))


async def executed(world, **fields):
    venue = asyncio.create_task(playing(world))
    answered = await world.ask("POST", PATH, wish(**fields))
    venue.cancel()
    return answered


def kept(world, *signals):
    world.hub._context.signals.kept.extend(signals)
    assert isinstance(world.hub._context.signals, FakeSignals)


async def test_the_signal_of_the_newest_bar_is_told():
    async with trading(config=config()) as world:
        kept(world, signal(bar_rows(3)[-1].ts_open, score=0.5))
        answered = await executed(world)

    assert answered.json()["ai"] == {
        "signal": "long",
        "confidence": 0.5,
        "reasoning": "made for a test",
        "stale": False,
    }


async def test_without_one_the_sources_are_asked_about_the_node_s_own_bars():
    async with trading(config=config()) as world:
        world.hub._context.bars.put(BTC, "1m", bar_rows(200))
        kept(world, signal(bar_rows(3)[0].ts_open, score=-0.5))
        ai = (await executed(world)).json()["ai"]

    assert (ai["stale"], "EMA 55" in ai["reasoning"]) == (False, True)


@pytest.mark.slow
async def test_a_slow_ai_does_not_hold_a_trade(slow):
    async with trading(config=config(slow)) as world:
        kept(world, signal(bar_rows(3)[0].ts_open, score=-0.5))
        began = perf_counter()
        with capture_logs() as logs:
            first = await executed(world)
            took = perf_counter() - began
            second = await executed(world)
        going.set()

    assert 1.9 < took < SLOW_S / 2
    assert [one["event"] for one in logs].count("ai_late") == 1  # the second one did not wait
    for answered in (first, second):
        assert (answered.json()["status"], answered.json()["ai"]["signal"]) == ("FILLED", "short")
        assert answered.json()["ai"]["stale"] is True


async def test_without_any_word_the_order_goes_unless_one_is_required():
    async with trading(config=config()) as free, trading(config=config(require_ai=True)) as strict:
        goes = await executed(free)
        refused = await executed(strict, client_order_id="mine-1")
        order = await strict.ask("GET", "/api/v1/orders/mine-1")

    assert (goes.json()["status"], goes.json()["ai"]) == ("FILLED", None)
    assert (refused.status, refused.code, order.status) == (503, "model_unavailable", 404)


async def test_an_instrument_without_a_stream_has_no_word():
    other = config()
    section = SignalConfig(instruments=("ETH-USDT.SIM",))
    async with trading(config=NodeConfig(server=other.server, signals=(section,))) as world:
        kept(world, signal(bar_rows(3)[-1].ts_open))
        assert (await executed(world)).json()["ai"] is None
