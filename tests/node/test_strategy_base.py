import pytest
from nautilus_trader.common import ComponentState
from nautilus_trader.model import (
    ClientId,
    OrderSide,
    OrderStatus,
    Price,
    Quantity,
    StrategyId,
)
from nautilus_trader.trading import Strategy, StrategyConfig

from strategies.base import TraderMixin, TraderStrategy
from strategies.hooks import Hooks
from tests.node.small_market import BAR_TYPE, IID, Script, flat_rows, small_engine

ONE = Quantity.from_str("1.000000")
FAR = Price.from_str("50.00")


class Plain(Strategy):
    """A strategy somebody wrote for Nautilus: an order far away, a position; then what the test wants."""

    fails_in = ""

    def __init__(self, config):
        super().__init__(config)
        self.bars = 0
        self.heard = []

    def on_start(self):
        self.subscribe_bars(BAR_TYPE)
        self.subscribe_topic("news", self.read_news)
        self.clock.set_timer_ns("tick", 60_000_000_000, None, None, self.tick)

    def on_bar(self, bar):
        self.bars += 1
        if self.bars == 2:
            self.submit_order(self.order_factory.limit(IID, OrderSide.BUY, ONE, FAR))
            self.submit_order(self.order_factory.market(IID, OrderSide.BUY, ONE))
        if self.bars == 4:
            self.close_all_positions(IID)
        if self.bars == 6:
            self.trade_on()
        if self.bars == 8:
            self.fail("on_bar")

    def trade_on(self):
        self.cancel_all_orders(IID)
        for _ in range(2):
            self.submit_order(self.order_factory.limit(IID, OrderSide.BUY, ONE, FAR))

    def on_order_event(self, event):
        self.heard.append(type(event).__name__)
        if self.bars == 6:
            self.fail(type(event).__name__)

    def on_order_filled(self, event):
        self.fail("on_order_filled")

    def on_stop(self):
        self.heard.append("on_stop")

    def read_news(self, _message):
        self.fail("bus")

    def tick(self, _event):
        if self.bars == 7:
            self.fail("timer")

    def fail(self, where):
        if where == self.fails_in:
            raise ValueError(where)


class Notes:
    """An observer."""

    def __init__(self):
        self.orders, self.positions, self.faults, self.retired = [], [], [], 0

    def on_order(self, event):
        self.orders.append(type(event).__name__)

    def on_position(self, event):
        self.positions.append(type(event).__name__)

    def on_fault(self, fault):
        self.faults.append(fault.error)

    def on_retired(self):
        self.retired += 1


class Journal:
    """An intent gate that lets an order go when the test says so."""

    def __init__(self, *, at_once=True):
        self.seen, self.waiting, self.at_once = [], [], at_once

    def record(self, orders, submit, signal):
        self.seen += [str(order.client_order_id) for order in orders]
        if self.at_once:
            submit()
        else:
            self.waiting.append(submit)

    def problem_of_change(self, order_id, quantity, price, trigger_price):
        return None


def made(cls, tag="001", fails_in="", **hooks):
    guarded = cls if issubclass(cls, TraderMixin) else type(cls.__name__, (TraderMixin, cls), {})
    strategy = guarded(StrategyConfig(strategy_id=StrategyId(f"Plain-{tag}"), order_id_tag=tag))
    strategy.fails_in = fails_in
    strategy.attach(Hooks(**hooks))
    return strategy


def statuses(engine, strategy):
    return [order.status for order in engine.cache.orders(strategy_id=strategy.strategy_id)]


NEWS = [[("news", "hear")] if i == 8 else [] for i in range(12)]


@pytest.mark.parametrize(
    "fails_in", ["on_bar", "OrderInitialized", "OrderPendingCancel", "bus", "timer", "on_order_filled"]
)
def test_what_a_callback_raises_retires_that_strategy_and_nobody_else(fails_in):
    notes = Notes()
    bad, good = made(Plain, "001", fails_in, observer=notes), made(Plain, "002")
    with small_engine(bad, good, Script(NEWS), rows=flat_rows(14)) as engine:
        assert [fault.error for fault in bad.faults.found] == [f"ValueError: {fails_in}"]
        assert notes.faults == [f"ValueError: {fails_in}"]
        assert not engine.cache.orders_open(strategy_id=bad.strategy_id)
        assert "on_stop" not in bad.heard
        assert good.bars == 14
        assert good.faults.found == []
        assert good.heard[-1] == "on_stop"
        assert statuses(engine, good).count(OrderStatus.ACCEPTED) == 2


@pytest.mark.parametrize("fails_in", ["on_bar", "OrderInitialized", "OrderPendingCancel", "bus", "timer"])
def test_a_flat_strategy_is_stopped_once_its_orders_are_gone(fails_in):
    notes = Notes()
    bad = made(Plain, "001", fails_in, observer=notes)
    with small_engine(bad, Script(NEWS), rows=flat_rows(14)):
        assert notes.retired == 1
        assert bad.retirement.is_over
        assert bad.bars < 14


def test_a_strategy_with_a_position_stays_muted_until_it_is_flat():
    notes = Notes()
    bad = made(Plain, "001", "on_order_filled", observer=notes)
    states = []

    class Watcher(Strategy):
        def on_start(self):
            self.subscribe_bars(BAR_TYPE)
            self.seen = 0

        def on_bar(self, bar):
            self.seen += 1
            states.append((bad.state(), bad.retirement.is_over))
            if self.seen == 10:  # the owner closes what the retired strategy holds
                bad.send_order(bad.order_factory.market(IID, OrderSide.SELL, ONE))

    watcher = Watcher(StrategyConfig(strategy_id=StrategyId("Watcher-009"), order_id_tag="009"))
    with small_engine(bad, watcher, rows=flat_rows(14)) as engine:
        assert states[8] == (ComponentState.RUNNING, False)
        assert states[-1] == (ComponentState.STOPPED, True)
        assert notes.positions == ["PositionOpened", "PositionClosed"]
        assert notes.retired == 1
        assert engine.cache.positions_open(strategy_id=bad.strategy_id) == []


def test_a_muted_strategy_sends_nothing_more_from_a_callback_that_still_runs():
    bad = made(Plain, "001", "OrderPendingCancel")  # raised inside cancel_all_orders, two submits follow
    with small_engine(bad, rows=flat_rows(14)) as engine:
        assert statuses(engine, bad) == [OrderStatus.CANCELED, OrderStatus.FILLED, OrderStatus.FILLED]


def test_an_exception_while_starting_mutes_without_upsetting_the_engine():
    class Stillborn(Plain):
        def on_start(self):
            super().on_start()
            raise ValueError("no luck")

    bad, good = made(Stillborn, "001"), made(Plain, "002")
    with small_engine(bad, good, rows=flat_rows(5)):
        assert [fault.handler for fault in bad.faults.found] == [Stillborn.on_start.__qualname__]
        assert (bad.bars, good.bars) == (0, 5)


def test_the_observer_hears_every_event_once_before_the_strategy():
    class Derived(TraderMixin, Plain):
        def on_order_event(self, event):
            assert notes.orders[-1] == type(event).__name__
            super().on_order_event(event)

    class Deeper(Derived):
        def on_order_event(self, event):
            super().on_order_event(event)

    notes = Notes()
    strategy = made(Deeper, observer=notes)
    with small_engine(strategy, rows=flat_rows(14)):
        assert strategy.faults.found == []
        assert notes.orders == [name for name in strategy.heard if name != "on_stop"]
        assert notes.orders.count("OrderInitialized") == 5
        assert notes.positions == ["PositionOpened", "PositionClosed"]


def test_a_strategy_without_order_callbacks_is_observed_too():
    class Silent(TraderStrategy):
        def on_start(self):
            self.subscribe_bars(BAR_TYPE)

        def on_bar(self, bar):
            if not self.cache.orders():
                self.submit_order(self.order_factory.market(IID, OrderSide.BUY, ONE))

    notes = Notes()
    with small_engine(made(Silent, observer=notes), rows=flat_rows(4)):
        assert notes.orders == ["OrderInitialized", "OrderSubmitted", "OrderFilled"]


def test_every_order_passes_the_intent_gate_also_those_that_close():
    journal = Journal()
    strategy = made(Plain, intents=journal)
    with small_engine(strategy, rows=flat_rows(14)) as engine:
        assert journal.seen == [str(order.client_order_id) for order in engine.cache.orders()]
        assert len(journal.seen) == 5


def test_a_bracket_passes_the_intent_gate_as_one():
    class Bracket(Plain):
        def on_bar(self, bar):
            self.bars += 1
            if self.bars == 2:
                legs = {"tp_price": Price.from_str("200.00"), "sl_trigger_price": FAR}
                self.submit_order_list(self.order_factory.bracket(IID, OrderSide.BUY, ONE, **legs))

    journal = Journal()
    with small_engine(made(Bracket, intents=journal), rows=flat_rows(4)) as engine:
        assert len(journal.seen) == len(engine.cache.orders()) == 3


def test_an_order_whose_intent_is_not_durable_yet_is_not_with_the_engine():
    journal = Journal(at_once=False)
    with small_engine(made(Plain, intents=journal), rows=flat_rows(3)) as engine:
        assert len(journal.waiting) == 2
        assert engine.cache.orders() == []


def test_an_order_on_its_way_to_the_disk_is_dropped_when_its_strategy_fails_meanwhile():
    journal = Journal(at_once=False)
    strategy = made(Plain, fails_in="bus", intents=journal)

    class Release(Script):
        def on_bar(self, bar):
            super().on_bar(bar)
            if strategy.faults.is_muted:
                while journal.waiting:
                    journal.waiting.pop()()

    with small_engine(strategy, Release([[], [], [("news", "hear")]]), rows=flat_rows(6)) as engine:
        assert len(journal.seen) >= 2
        assert engine.cache.orders() == []
        assert strategy.retirement.is_over


class Hasty(Plain):
    """Cancels and changes its order in the turn in which it made it."""

    def on_bar(self, bar):
        self.bars += 1
        if self.bars == 2:
            order = self.order_factory.limit(IID, OrderSide.BUY, ONE, FAR)
            self.submit_order(order)
            self.modify_order(order.client_order_id, price=Price.from_str("49.00"))
            (self.cancel_all_orders if self.fails_in == "all" else self.cancel_one)(
                IID if self.fails_in == "all" else order
            )

    def cancel_one(self, order):
        self.cancel_orders([order.client_order_id])


class Releasing(Script):
    """Lets go what waits for the disk one bar later."""

    def __init__(self, journal, denial=None):
        super().__init__([])
        self.journal, self.denial, self.sent = journal, denial, []

    def on_bar(self, bar):
        while self.journal.waiting:
            self.sent.append(self.journal.waiting.pop(0)(self.denial))


@pytest.mark.parametrize("how", ["one", "all"])
def test_what_is_asked_of_an_order_on_its_way_to_the_disk_is_asked_when_it_is_there(how):
    journal = Journal(at_once=False)
    strategy = made(Hasty, fails_in=how, intents=journal)
    with small_engine(strategy, Releasing(journal), rows=flat_rows(6)) as engine:
        (order,) = engine.cache.orders()
        assert order.status == OrderStatus.CANCELED
        assert strategy.heard.index("OrderAccepted") < strategy.heard.index("OrderCanceled")
        assert "OrderUpdated" in strategy.heard


def test_a_strategy_that_is_being_stopped_submits_nothing_more():
    journal = Journal(at_once=False)
    strategy = made(Hasty, intents=journal)

    class Closing(Releasing):
        def on_bar(self, bar):
            strategy.is_closed = strategy.has_waiting
            super().on_bar(bar)

    release = Closing(journal)
    with small_engine(strategy, release, rows=flat_rows(6)) as engine:
        assert release.sent == [False]
        assert engine.cache.orders() == []


def test_the_owners_client_is_filled_in():
    seen = []

    class Spy(Plain):
        def submit_order(self, order, position_id=None, client_id=None, params=None):
            seen.append(client_id)

    class Between(TraderMixin, Spy):
        pass

    with small_engine(made(Between, client_id=ClientId("SIM-007")), rows=flat_rows(3)):
        assert seen == [ClientId("SIM-007")] * 2


def test_an_unmodified_strategy_trades_as_it_does_without_us():
    def fills(*strategies):
        with small_engine(*strategies, rows=flat_rows(14)) as engine:
            return [
                (str(o.client_order_id), o.side, str(o.quantity), o.status, o.is_reduce_only, o.tags)
                for o in engine.cache.orders()
            ]

    bare = Plain(StrategyConfig(strategy_id=StrategyId("Plain-001"), order_id_tag="001"))

    assert fills(made(Plain)) == fills(bare)


def test_the_loop_retires_when_it_has_one():
    later = []
    bad = made(Plain, "001", "on_bar", call_soon=later.append)
    with small_engine(bad, rows=flat_rows(14)):
        assert bad.faults.is_muted
        assert bad.retirement.state == "retiring"
        assert later
