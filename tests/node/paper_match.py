"""The same orders over the same ticks, each alone, through the engine's backtest and through the paper venue."""

import random
from decimal import Decimal
from itertools import count, pairwise, takewhile

from msgspec import Struct
from msgspec.structs import replace
from nautilus_trader.backtest import BacktestEngine, BacktestEngineConfig
from nautilus_trader.common import LoggerConfig, LogLevel
from nautilus_trader.execution import MakerTakerFeeModel
from nautilus_trader.model import (
    AccountType,
    BookType,
    ClientOrderId,
    Currency,
    Money,
    OmsType,
    OrderFilled,
    OrderSide,
    StrategyId,
    TimeInForce,
    Venue,
)
from nautilus_trader.trading import Strategy, StrategyConfig

from actors.engine import Scale, to_engine
from actors.market import SECOND_NS, BookRow, TradeRow
from actors.orders import OrderRow
from actors.ticks.book import OrderBook
from adapters.paper.venue import PaperVenue
from tests.simulated import one

LEAST = 50
"""Of an order, in units: smaller ones are below what the instrument takes."""
ACCOUNT = "PAPER-001"
IN_ENGINE = {"buy": OrderSide.BUY, "sell": OrderSide.SELL}
TIMES = {"gtc": TimeInForce.GTC, "ioc": TimeInForce.IOC, "fok": TimeInForce.FOK}


class Plan(Struct, frozen=True, kw_only=True):
    """One order, in units; it is canceled after a while."""

    order_id: str
    ts: int
    side: str
    kind: str
    tif: str
    size: int
    price: int | None
    until: int
    ticks: list[TradeRow | BookRow]
    """The last trade and the whole book before it, and what came until it was canceled."""


class Fill(Struct, frozen=True):
    ts: int
    price: int
    size: int


def events_of(feed, seconds):
    """Ticks of the market: the whole book, then trades and steps, without what would come at a plan's time."""
    name = next(iter(feed.instruments))
    feed.want_book(name, is_wanted=True)
    begin = feed.position_ns
    first = feed.book(name)
    rows = [row for row in feed.read(begin + seconds * SECOND_NS, 10**9) if isinstance(row, (TradeRow, BookRow))]
    return [first, *rows]


def plans_of(events, number, seed, *, kinds):
    """Orders between two ticks each, priced around the touch of that moment."""
    draw, book, found, ids = random.Random(seed), OrderBook(), [], count(1)
    places = sorted(draw.sample(range(50, len(events) * 4 // 5), number))
    trade = next(row for row in events if isinstance(row, TradeRow))
    for at, (row, after) in enumerate(pairwise(events)):
        if isinstance(row, BookRow):
            book.apply(row)
        else:
            trade = row
        if places and at >= places[0] and after.ts - row.ts > 2:
            places.pop(0)
            plan = _plan(draw, book, f"O{next(ids)}", row.ts + 1, draw.choice(kinds))
            life = takewhile(lambda tick, until=plan.until: tick.ts < until, events[at + 1 :])
            found.append(replace(plan, ticks=[trade, book.snapshot(row.instrument_id), *life]))
    return found


def _plan(draw, book, order_id, ts, kind):
    side = draw.choice(("buy", "sell"))
    sign = 1 if side == "buy" else -1
    near, far = (book.bids, book.asks) if side == "buy" else (book.asks, book.bids)
    shown = far.sizes[far.best]
    tif, price, size = "gtc", None, draw.randint(LEAST, LEAST + 3 * shown)
    if kind == "crossing":
        price = far.price(draw.randrange(4))
        tif = draw.choice(("gtc", "ioc", "fok"))
    elif kind == "resting":
        price = near.best - sign * draw.choice((0, 0, 0, 1, 2, 5, 10, 20))
        if draw.random() < 0.2 and abs(far.best - near.best) > 1:
            price = near.best + sign
        size = draw.randint(LEAST, LEAST + near.sizes[near.best] // 2)
    life = 1 if kind != "resting" else draw.choice((60, 180, 600)) * SECOND_NS  # what takes never rests
    return Plan(
        order_id=order_id,
        ts=ts,
        side=side,
        kind="limit" if price is not None else "market",
        tif=tif,
        size=size,
        price=price,
        until=ts + life,
        ticks=[],
    )


class Planned(Strategy):
    """Sends one order by the engine's clock, and cancels what is left of it."""

    def __new__(cls, *_):
        return super().__new__(cls, cls.config_of())

    def __init__(self, scale, plan):
        super().__init__(self.config_of())
        self.scale, self.plan, self.fills = scale, plan, []

    @staticmethod
    def config_of():
        return StrategyConfig(strategy_id=StrategyId("P-1"), order_id_tag="1")

    def on_start(self):
        self.clock.set_time_alert_ns("send", self.plan.ts, self.on_send)
        self.clock.set_time_alert_ns("end", self.plan.until, self.on_end)

    def on_send(self, _event):
        plan = self.plan
        values = {
            "order_side": IN_ENGINE[plan.side],
            "quantity": self.scale.quantity(plan.size),
            "time_in_force": TIMES[plan.tif],
            "client_order_id": ClientOrderId(plan.order_id),
        }
        if plan.price is not None:
            values["price"] = self.scale.price(plan.price)
        self.submit_order(getattr(self.order_factory, plan.kind)(self.scale.instrument_id, **values))

    def on_end(self, _event):
        order = self.cache.order(ClientOrderId(self.plan.order_id))
        if order is not None and order.is_open:
            self.cancel_order(order.client_order_id)

    def on_order_event(self, event):
        if isinstance(event, OrderFilled):
            price, size = self.scale.price(1).raw, self.scale.quantity(1).raw
            self.fills.append(Fill(event.ts_event, event.last_px.raw // price, event.last_qty.raw // size))


def through_the_engine(instrument, plan):
    """Return its fills: the engine keeps a book of levels, a queue, and what it has taken itself."""
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggerConfig(stdout_level=LogLevel.OFF), run_analysis=False))
    scale = Scale(instrument)
    strategy = Planned(scale, plan)
    engine.add_venue(
        Venue("SIM"),
        OmsType.NETTING,
        AccountType.MARGIN,
        [Money(10**12, Currency.from_str("USDT"))],
        default_leverage=Decimal(100),
        fee_model=MakerTakerFeeModel(Decimal(instrument.maker_fee), Decimal(instrument.taker_fee)),
        book_type=BookType.L2_MBP,
        liquidity_consumption=True,
        queue_position=True,
    )
    engine.add_instrument(to_engine(instrument))
    engine.add_strategy(strategy)
    engine.add_data(
        [scale.trade_tick(row) if isinstance(row, TradeRow) else scale.book_deltas(row) for row in plan.ticks]
    )
    try:
        engine.run(end=plan.until)
    finally:
        engine.dispose()
    return strategy.fills


def through_the_venue(instrument, plan):
    """Return its fills on paper."""
    venue = PaperVenue({instrument.instrument_id: instrument}, lambda _: frozenset({"trades", "book"}))
    venue.open()
    fills = []

    def sink(event):
        if event.kind == "filled":
            price = int(event.fill_price.scaleb(instrument.price_precision))
            fills.append(Fill(event.ts, price, int(event.fill_quantity.scaleb(instrument.size_precision))))

    venue.attach(ACCOUNT, sink)
    take = lambda row: (venue.on_trade if isinstance(row, TradeRow) else venue.on_book)(row)  # noqa: E731
    for row in plan.ticks[:2]:
        take(row)
    venue.on_time(plan.ts)
    venue.submit(order_row(instrument, plan))
    for row in plan.ticks[2:]:
        take(row)
    return fills


def order_row(instrument, plan):
    return OrderRow(
        user_id="u",
        account_id=ACCOUNT,
        strategy="desk",
        client_order_id=plan.order_id,
        order_id=plan.order_id,
        instrument_id=instrument.instrument_id,
        side=plan.side,
        type=plan.kind,
        time_in_force=plan.tif,
        quantity=Decimal(plan.size).scaleb(-instrument.size_precision),
        price=None if plan.price is None else Decimal(plan.price).scaleb(-instrument.price_precision),
        status="submitted",
        ts_created=plan.ts,
        ts_updated=plan.ts,
    )


def market(seconds, **changes):
    feed = one(**changes)
    instrument = feed.instruments["ABC.SIM"]
    return instrument, events_of(feed, seconds)
