"""Strategies somebody wrote for Nautilus, which do what a test tells them while they run."""

from contextlib import suppress

from nautilus_trader.model import BarType, InstrumentId, OrderDenied, OrderSide, Quantity
from nautilus_trader.trading import Strategy, StrategyConfig


class ScriptedConfig(StrategyConfig):
    """Names what is traded and where it goes wrong."""

    def __new__(cls, *, instrument_id, fails_in="", hears="", **given):
        return super().__new__(cls, **given)

    def __init__(self, *, instrument_id, fails_in="", hears="", **_given):
        self.instrument_id = InstrumentId.from_str(instrument_id)
        self.fails_in = fails_in
        self.hears = hears


class Scripted(Strategy):
    """Hears trades and bars if it is told to; raises in the callback or event that `fails_in` names."""

    def __init__(self, config):
        super().__init__(config)
        self.iid = config.instrument_id
        self.fails_in, self.hears = config.fails_in, config.hears
        self.heard, self.trades, self.bars = [], 0, 0

    def on_start(self):
        self.heard.append("start")
        if "trades" in self.hears:
            self.subscribe_trades(self.iid)
        if "bars" in self.hears:
            self.subscribe_bars(BarType.from_str(f"{self.iid}-1-SECOND-LAST-EXTERNAL"))
        if "buys" in self.hears and self.portfolio.is_net_flat(self.iid):
            self.trade("buy", "1")

    def on_stop(self):
        self.heard.append("stop")
        self.close_all_positions(self.iid)

    def on_trade(self, _trade):
        self.trades += 1
        self.fail("on_trade")

    def on_bar(self, _bar):
        self.bars += 1
        self.fail("on_bar")

    def on_order_event(self, event):
        self.heard.append(type(event).__name__)
        if "denied" in self.hears and isinstance(event, OrderDenied):
            with suppress(Exception):
                self.trade("buy", "1")
        self.fail(type(event).__name__)

    def fail(self, where):
        if where == self.fails_in:
            raise ValueError(f"boom in {where}")

    def trade(self, side, quantity, price=None, **values):
        """Submit an order; returns its id."""
        instrument = self.cache.instrument(self.iid)
        made = {"buy": OrderSide.BUY, "sell": OrderSide.SELL}[side], Quantity.from_str(quantity)
        quantity = instrument.make_qty(made[1].as_decimal())
        if price is None:
            order = self.order_factory.market(self.iid, made[0], quantity, **values)
        else:
            order = self.order_factory.limit(self.iid, made[0], quantity, instrument.make_price(float(price)), **values)
        self.submit_order(order)
        return str(order.client_order_id)
