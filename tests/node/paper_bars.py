"""The same orders over the same bars, through the engine's backtest and through the paper venue."""

from decimal import Decimal

from nautilus_trader.model import BarType, InstrumentId, OrderSide
from nautilus_trader.trading import Strategy, StrategyConfig

from actors.engine import Scale
from actors.market import MINUTE_NS, bar_type_of
from adapters.paper.venue import PaperVenue
from tests.node.small_market import small_engine
from tests.paper_orders import ACCOUNT, order
from tests.unit.walks import INSTRUMENT, NAME

ONE = 1_000_000
SCALE = Scale(INSTRUMENT)


class Sender(Strategy):
    """Sends everything with the first bar."""

    def __new__(cls, *_):
        return super().__new__(cls, StrategyConfig())

    def __init__(self, tickets):
        super().__init__(StrategyConfig())
        self.tickets, self.fills, self.places = tickets, [[] for _ in tickets], {}

    def on_start(self):
        self.subscribe_bars(BarType.from_str(bar_type_of(NAME, "1m")))

    def on_bar(self, _bar):
        if self.places:
            return
        for place, (kind, side, prices) in enumerate(self.tickets):
            sent = getattr(self.order_factory, kind)(
                instrument_id=InstrumentId.from_str(NAME),
                order_side=OrderSide.BUY if side == "buy" else OrderSide.SELL,
                quantity=SCALE.quantity(ONE),
                **{name: SCALE.price(units) for name, units in prices.items()},
            )
            self.places[sent.client_order_id] = place
            self.submit_order(sent)

    def on_order_filled(self, event):
        fill = event.ts_event, event.last_px.as_decimal(), event.last_qty.as_decimal()
        self.fills[self.places[event.client_order_id]].append(fill)


def bars_through_the_engine(rows, tickets):
    """Return time, price and quantity of the fills of each."""
    sender = Sender(tickets)
    with small_engine(sender, rows=rows):
        return sender.fills


def bars_through_the_venue(rows, tickets):
    """Return time, price and quantity of the fills of each."""
    venue = PaperVenue({NAME: INSTRUMENT}, lambda _: frozenset())
    fills = [[] for _ in tickets]

    def sink(event):
        if event.kind == "filled":
            fills[int(event.order_id)].append((event.ts, event.fill_price, event.fill_quantity))

    venue.attach(ACCOUNT, sink)
    venue.open()
    for row in rows:
        venue.on_bar(NAME, row, row.ts_open + MINUTE_NS)
        if row is rows[0]:
            for place, (kind, side, prices) in enumerate(tickets):
                values = {name: Decimal(units) / 100 for name, units in prices.items()}
                venue.submit(order(str(place), side, kind, 1, **values))
    return fills
