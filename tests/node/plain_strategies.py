"""Strategies written for Nautilus alone, for backtests of configurations that name them."""

import signal

from nautilus_trader.model import BarType, InstrumentId, OrderSide
from nautilus_trader.trading import Strategy, StrategyConfig

heard = []
"""What the strategies of the newest run heard; a test empties it first."""


class Config(StrategyConfig):
    def __new__(cls, instrument_id: str = "", **kwargs):
        return super().__new__(cls, **kwargs)

    def __init__(self, instrument_id: str = "", **kwargs):
        self.name = instrument_id


class Plain(Strategy):
    def __init__(self, config: Config):
        super().__init__(config)
        self.name = config.name

    def subscribe(self, spec):
        self.subscribe_bars(BarType.from_str(f"{self.name}-{spec}-LAST-EXTERNAL"))

    def market(self, side, quantity):
        instrument_id = InstrumentId.from_str(self.name)
        quantity = self.cache.instrument(instrument_id).make_qty(quantity)
        self.submit_order(self.order_factory.market(instrument_id, side, quantity))


class Listener(Plain):
    """Notes the bars of three intervals."""

    def on_start(self):
        for spec in ("1-HOUR", "1-MINUTE", "5-MINUTE"):
            self.subscribe(spec)

    def on_bar(self, bar):
        heard.append((str(bar.bar_type).split("-LAST")[0][len(self.name) + 1 :], bar.ts_event, str(bar.close)))


class LateListener(Plain):
    """Notes its first bars; at the third one it begins to hear those of 5 minutes too."""

    def on_start(self):
        self.bars = 0
        self.subscribe("1-MINUTE")

    def on_bar(self, bar):
        heard.append((str(bar.bar_type).split("-LAST")[0][len(self.name) + 1 :], bar.ts_event, str(bar.close)))
        self.bars += 1
        if self.bars == 3:
            self.subscribe("5-MINUTE")


class LateSeconds(Plain):
    """Begins to hear bars of one second and one minute at the second trade."""

    def on_start(self):
        self.trades = 0
        self.subscribe_trades(InstrumentId.from_str(self.name))

    def on_trade(self, trade):
        self.trades += 1
        if self.trades == 2:
            self.subscribe("1-SECOND")
            self.subscribe("1-MINUTE")

    def on_bar(self, bar):
        heard.append((str(bar.bar_type).split("-LAST")[0][len(self.name) + 1 :], bar.ts_event, str(bar.volume)))


class RoundTrip(Plain):
    """Buys at its second bar and sells at its fourth."""

    def on_start(self):
        self.bars = 0
        self.subscribe("1-MINUTE")

    def on_bar(self, bar):
        self.bars += 1
        if self.bars == 2:
            self.market(OrderSide.BUY, 0.5)
        if self.bars == 4:
            self.market(OrderSide.SELL, 0.5)


class Holder(Plain):
    """Buys at its first bar and keeps it."""

    def on_start(self):
        self.is_done = False
        self.subscribe("1-MINUTE")

    def on_bar(self, bar):
        if not self.is_done:
            self.is_done = True
            self.market(OrderSide.BUY, 0.5)


class Failing(Plain):
    """Raises at its third bar."""

    def on_start(self):
        self.bars = 0
        self.subscribe("1-MINUTE")

    def on_bar(self, bar):
        self.bars += 1
        if self.bars == 3:
            raise ZeroDivisionError("the third bar")


class Interrupted(Plain):
    """Somebody presses Ctrl-C at its third bar."""

    def on_start(self):
        self.bars = 0
        self.subscribe("1-MINUTE")

    def on_bar(self, bar):
        self.bars += 1
        if self.bars == 3:
            signal.raise_signal(signal.SIGINT)


class TradeListener(Plain):
    """Notes trades and 1-minute bars."""

    def on_start(self):
        self.subscribe_trades(InstrumentId.from_str(self.name))
        self.subscribe("1-MINUTE")

    def on_trade(self, trade):
        heard.append(("trade", trade.ts_event))

    def on_bar(self, bar):
        heard.append(("bar", bar.ts_event))
