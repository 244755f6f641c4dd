"""Signals that strategies act on: told once to their user, when the order has been sent."""

import msgspec
import pytest
from msgspec.structs import replace
from nautilus_trader.model import InstrumentId, OrderSide, Quantity
from nautilus_trader.trading import Strategy

from actors.market import bar_type_of
from actors.ports.journal import AuditSpan
from config.trading import StrategyConfigSection, TraderSection
from strategies.acting import hears_signals
from tests.bridge.fakes import signal
from tests.node.live_world import NAME, SWAP, config_of, live, strategy
from tests.node.small_market import BAR_TYPE, Script, flat_rows, small_engine
from tests.node.test_strategy_base import Journal, made
from tests.unit.walks import NAME as SPOT

TOPIC = f"signals.{bar_type_of(NAME, '1m')}"
SAID = replace(signal(instrument_id=NAME), confidence=0.9, price="101.25")
UP, DOWN = signal(instrument_id=SPOT), signal(instrument_id=SPOT, score=-0.5)


class Both(Strategy):
    """Trades at each bar and at each signal; fails at one that points down."""

    def on_start(self):
        self.subscribe_bars(BAR_TYPE)
        self.subscribe_topic("signals.*", self.hear)

    def hear(self, message):
        self.trade()
        if message is DOWN:
            raise ValueError("boom")

    def on_bar(self, _bar):
        self.trade()

    def trade(self):
        quantity = Quantity.from_str("0.500000")
        self.submit_order(self.order_factory.market(InstrumentId.from_str(SPOT), OrderSide.BUY, quantity))


class Gate(Journal):
    """Notes of which signal each order was."""

    def record(self, orders, submit, signal):
        self.waiting.append(signal)
        submit()


def test_only_what_is_submitted_while_a_signal_is_handled_is_because_of_it():
    gate, topic = Gate(), f"signals.{bar_type_of(SPOT, '1m')}"
    acting = made(Both, intents=gate)
    steps = [[], [(topic, UP), (topic, "no signal")], [], [(topic, DOWN)], [(topic, UP)]]
    with small_engine(acting, Script(steps), rows=flat_rows(7)):
        assert len(acting.faults.found) == 1
        assert acting._acting_on is None

    assert [one for one in gate.waiting if one is not None] == [UP, DOWN]
    assert gate.waiting.count(None) >= 4  # three bars at least, and what is no signal


@pytest.mark.parametrize(
    ("topic", "expected"),
    [(TOPIC, True), ("signals.*", True), ("*", True), ("s*", True), ("bars.x", False), ("backfills.signals", False)],
)
def test_topics_on_which_signals_come(topic, expected):
    assert hears_signals(topic) is expected


FOLLOWING = StrategyConfigSection(
    name="signal_follow", params={"instrument_id": NAME, "quantity": "2", "trade_confidence": 0.5}
)


def acted(world, user_id):
    return world.heard.of("TradeSignalRow", user_id)


@pytest.mark.slow
async def test_its_user_alone_hears_of_each_order_once_over_rebuild_and_start(tmp_path):
    anna = TraderSection(name="anna", strategies=(FOLLOWING,))
    bob = TraderSection(name="bob", strategies=(strategy("bot", instrument_id=SWAP), FOLLOWING))
    config = config_of(tmp_path, anna, bob)
    async with live(config) as world:
        bot = world.running("bob", "bot")
        await world.traders.set_trading_state("bob", "halted", actor="bob")
        bot.publish_message(TOPIC, SAID)
        await world.until(lambda: acted(world, "anna"))
        [told] = acted(world, "anna")
        order = world.account("anna").orders.get(told.order_id)
        assert (told.strategy, told.side, told.instrument_id) == ("signal_follow", "buy", NAME)
        assert (told.price, told.confidence, told.ts_bar) == ("101.25", 0.9, SAID.ts_bar)
        await world.ended(order)

        await world.until(lambda: world.heard.of("OrderRow", "bob"))
        assert [row.status for row in world.heard.of("OrderRow", "bob")] == ["denied"]
        await world.traders.set_trading_state("bob", "active", actor="bob")
        bot.publish_message(TOPIC, replace(SAID, signal="short"))
        await world.host.rebuild()
        await world.until(lambda: len(acted(world, "anna")) == 2)
        bought = world.running("bob", "bot").trade("buy", "1")  # because of nothing
        await world.until(lambda: world.account("bob").orders.get(bought).status == "filled")
        await world.told()

        assert [row.side for row in acted(world, "anna")] == ["buy", "sell"]
        assert acted(world, "bob") == []
        rows = (await world.journal.audit(AuditSpan(user_id="anna", action="order.submit"))).rows
        kept = [msgspec.json.decode(row.detail)["signal"] for row in rows]
        assert [(one["price"], one["confidence"]) for one in kept] == [("101.25", 0.9)] * 2

    async with live(config) as world:
        await world.told()
        assert world.heard.of("TradeSignalRow", "anna") == []
