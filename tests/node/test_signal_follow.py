import pytest
from msgspec.structs import replace
from nautilus_trader.model import OrderSide, OrderStatus

from actors.market import bar_type_of
from config.errors import ConfigError
from config.trading import StrategyConfigSection
from strategies.hooks import Hooks
from strategies.load import load_strategy
from strategies.signal_follow import Action, checked_quantity, decide
from tests.bridge.fakes import signal
from tests.node.small_market import Script, flat_rows, small_engine
from tests.unit.walks import INSTRUMENT, NAME

TOPIC = f"signals.{bar_type_of(NAME, '1m')}"
PERPETUAL = replace(INSTRUMENT, kind="perpetual")


@pytest.mark.parametrize(
    ("side", "confidence", "holding", "allow_short", "expected"),
    [
        ("long", 0.9, "flat", False, Action.OPEN_LONG),
        ("long", 0.9, "long", False, Action.HOLD),
        ("long", 0.9, "short", True, Action.CLOSE),
        ("short", 0.9, "flat", False, Action.HOLD),
        ("short", 0.9, "flat", True, Action.OPEN_SHORT),
        ("short", 0.9, "long", False, Action.CLOSE),
        ("short", 0.9, "short", True, Action.HOLD),
        ("neutral", 0.9, "long", False, Action.HOLD),
        ("neutral", 0.9, "flat", True, Action.HOLD),
        ("long", 0.65, "flat", False, Action.HOLD),
        ("long", 0.651, "flat", False, Action.OPEN_LONG),
        ("short", 0.5, "long", False, Action.HOLD),
    ],
)
def test_decide(side, confidence, holding, allow_short, expected):
    assert decide(side, confidence, holding, trade_confidence=0.65, allow_short=allow_short) is expected


def said(side, confidence=0.9, **changes):
    return [(TOPIC, replace(signal(instrument_id=NAME), signal=side, confidence=confidence, **changes))]


def follow(**params):
    section = StrategyConfigSection(name="signal_follow", params={"instrument_id": NAME, "quantity": "0.5"} | params)
    return load_strategy(section)


def orders(steps, *, instrument=INSTRUMENT, **params):
    strategy = follow(**params)
    with small_engine(strategy, Script(steps), rows=flat_rows(len(steps) + 2), instrument=instrument) as engine:
        assert strategy.faults.found == []
        return [(order.side, str(order.quantity), order.status) for order in engine.cache.orders()]


def sides(*args, **kwargs):
    return [side for side, _, _ in orders(*args, **kwargs)]


def test_it_buys_on_a_long_signal_and_closes_on_a_short_one():
    assert orders([said("long"), said("neutral"), said("short"), said("short")]) == [
        (OrderSide.BUY, "0.500000", OrderStatus.FILLED),
        (OrderSide.SELL, "0.500000", OrderStatus.FILLED),
    ]


def test_it_holds_one_position_at_a_time():
    assert sides([said("long")] * 5) == [OrderSide.BUY]


def test_two_signals_before_the_first_fill_give_one_order():
    assert sides([said("long") + said("long")]) == [OrderSide.BUY]


@pytest.mark.parametrize("what", [{"confidence": 0.5}, {"stale": True}, {"usable": False}, {"act_above": 0.95}])
def test_it_does_not_act_on_what_is_uncertain_or_stale(what):
    assert sides([said("long", **what)]) == []


def test_a_confidence_of_its_own_counts_more_than_that_of_the_settings():
    assert sides([said("long", act_above=0.95)], trade_confidence=0.8) == [OrderSide.BUY]
    assert sides([said("long", confidence=0.7, act_above=0.5)], trade_confidence=0.8) == []
    assert sides([said("long", confidence=0.6, act_above=0.5)]) == [OrderSide.BUY]


def test_it_goes_short_on_a_perpetual_when_allowed():
    steps = [said("short"), said("long"), said("long")]

    assert sides(steps, instrument=PERPETUAL, allow_short=True) == [OrderSide.SELL, OrderSide.BUY, OrderSide.BUY]
    assert sides(steps, instrument=PERPETUAL) == [OrderSide.BUY]


def test_a_denied_order_leaves_the_way_open_for_the_next_signal():
    huge = {"quantity": "100", "instrument": replace(INSTRUMENT, max_notional="100.0")}
    found = orders([said("long"), said("long")], **huge)

    assert [status for _, _, status in found] == [OrderStatus.DENIED] * 2


def test_an_order_on_its_way_to_the_disk_counts_as_in_flight():
    class Slow:
        waiting = 0

        def record(self, orders, submit, signal):
            self.waiting += 1

    strategy, journal = follow(), Slow()
    strategy.attach(Hooks(intents=journal))
    with small_engine(strategy, Script([said("long")] * 4), rows=flat_rows(6)):
        assert journal.waiting == 1


def test_signals_of_another_interval_are_not_its_own():
    assert sides([said("long")], interval="5m") == []


def start_fault(instrument=INSTRUMENT, **params):
    strategy = follow(**params)
    with small_engine(strategy, rows=flat_rows(2), instrument=instrument):
        return [fault.error for fault in strategy.faults.found]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"quantity": "0"}, "quantity must be positive"),
        ({"quantity": "0.0000001"}, "at most 6 places"),
        ({"quantity": "0.000001"}, "within 0.000010..100.000000"),
        ({"quantity": "100.5"}, "within 0.000010..100.000000"),
        ({"instrument_id": "NO-SUCH.SIM"}, "no venue has the instrument NO-SUCH.SIM"),
        ({"allow_short": True}, "allow_short needs a perpetual"),
    ],
)
def test_what_the_instrument_does_not_take_is_told_at_the_start(params, message):
    (error,) = start_fault(**params)

    assert error.startswith("ConfigError: ")
    assert message in error


def test_a_quantity_keeps_all_its_places():
    class Sized:
        id, size_precision, min_quantity, max_quantity = "X.SIM", 3, None, None

        def make_qty(self, value):
            return value

    assert str(checked_quantity(Sized(), "1.25")) == "1.25"
    with pytest.raises(ConfigError, match="at most 3 places"):
        checked_quantity(Sized(), "1.2345")
