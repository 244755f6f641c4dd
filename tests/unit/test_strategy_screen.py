"""The gate of strategies' orders as a whole: lists, what users are told, and what is counted."""

import pytest
from msgspec.structs import replace

from actors.accounts.limits import ceilings_of
from actors.messages import Thresholds
from actors.orders import AlertRow
from actors.ports.journal import AuditRow
from actors.ports.own_orders import OrderScreening
from actors.signal.log import SignalLog
from config.errors import InvalidInputError, OrderDeniedError
from config.trading import LimitsSection
from node.trading.alerts import Alerts
from node.trading.screen import StrategyScreen, changed_choice
from node.trading.trader import Trader
from tests.bridge.fakes import signal
from tests.unit.accounts_world import PERP, T0, World


class Gate(World):
    """Anna's account with screening, and signals that a test makes."""

    def __init__(self, **choice):
        super().__init__()
        self.seconds, self.log = 0.0, SignalLog()
        self.account = self.open()
        self.mark(PERP, "100")
        alerts = Alerts(self.accounts, lambda: T0)
        self.screen = StrategyScreen(self.log, self.journal, alerts, lambda: T0)
        self.trader = Trader(self.account, "C", ceilings_of(LimitsSection()), {}, monotonic=lambda: self.seconds)
        self.trader.screened.choice = OrderScreening(**choice)

    def say(self, score):
        said = signal(T0 - 60_000_000_000, instrument_id=PERP, score=score)
        self.log.append(replace(said, thresholds=Thresholds(0.6, 0.4, 0.0, 0.5)))

    def new(self, side, quantity="1", **fields):
        return self.order(self.account, PERP, side, quantity, strategy="bot", **fields)

    def check(self, *rows):
        return {name: one.recommendation for name, one in self.screen.check(self.trader, rows).items()}

    def skips(self, *rows):
        with pytest.raises(OrderDeniedError) as denied:
            self.check(*rows)
        return denied.value


def test_switched_off_nothing_is_judged():
    gate = Gate()
    gate.say(-0.5)

    assert gate.check(gate.new("buy")) == {}
    assert gate.trader.screened.told().last is None


def test_a_skipped_order_names_rule_limit_and_value():
    gate = Gate(enabled=True)
    gate.say(-0.5)

    denied = gate.skips(gate.new("buy"))

    assert (denied.code, denied.rule, denied.limit, denied.value) == ("order_denied", "screening", "0.6", "0.25")
    assert [row.action for row in gate.journal.of(AuditRow)] == ["order.skipped"]


def test_of_a_bracket_the_entry_is_judged_and_all_of_it_held_back():
    gate = Gate(enabled=True)
    gate.say(-0.5)
    entry = gate.new("buy")
    legs = [gate.new("sell", parent_order_id=entry.order_id, reduce_only=True) for _ in range(2)]

    gate.skips(entry, *legs)
    assert gate.trader.screened.told().skipped == 1
    gate.log.clear()
    gate.say(0.5)
    assert gate.check(entry, *legs) == {entry.order_id: "EXECUTE"}


def test_a_list_that_closes_something_is_not_held_up():
    gate = Gate(enabled=True, strict=True)
    gate.say(0.5)
    gate.trade(gate.account, PERP, "buy", "1", "100", strategy="bot")
    closing, opening = gate.new("sell"), gate.new("sell")

    assert gate.check(closing, opening) == {opening.order_id: "EXECUTE"}
    told = gate.trader.screened.told()
    assert (told.abstained, told.last.probability) == (1, None)
    assert "which closes a position" in told.last.reasons[0]


def test_alerts_are_thinned_out_and_say_how_many_there_were():
    gate = Gate(enabled=True)
    gate.say(-0.5)
    for _ in range(9):
        gate.skips(gate.new("buy"))
    assert len(gate.journal.of(AlertRow)) == 5
    gate.seconds = 60.0
    gate.skips(gate.new("buy"))

    *_, last = gate.journal.of(AlertRow)
    assert last.kind == "screening"
    assert last.message.endswith("(4 more since the last alert)")
    assert gate.trader.screened.told().skipped == 10


def test_a_change_is_judged_only_when_it_makes_an_order_larger():
    gate = Gate(enabled=True)
    gate.say(-0.5)
    row = gate.work(gate.account, PERP, "buy", "1", type="limit", price="90", strategy="bot")

    gate.screen.check_change(gate.trader, row, replace(row, price=row.price + 1))
    gate.screen.check_change(gate.trader, row, replace(row, quantity=row.quantity / 2))
    with pytest.raises(OrderDeniedError, match="screening"):
        gate.screen.check_change(gate.trader, row, replace(row, quantity=row.quantity * 2))


@pytest.mark.parametrize("changes", [{"threshold": 1.1}, {"threshold": "0.5"}, {"enabled": 1}, {"who": "bob"}])
def test_odd_choices_are_refused(changes):
    with pytest.raises(InvalidInputError, match="screening"):
        changed_choice(OrderScreening(), changes)


def test_a_choice_keeps_what_is_not_named():
    once = changed_choice(OrderScreening(), {"enabled": True, "threshold": 1})

    assert changed_choice(once, {"strict": True}) == OrderScreening(enabled=True, threshold=1.0, strict=True)
    assert changed_choice(once, {"threshold": None}) == OrderScreening(enabled=True)
