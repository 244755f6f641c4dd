"""A paper venue that a test moves by hand, and what it told."""

from decimal import Decimal
from itertools import count

from actors.market import BarRow, BookRow, QuoteRow, TradeRow
from actors.orders import OrderRow
from adapters.paper.venue import Change, PaperVenue
from tests.unit.walks import INSTRUMENT, NAME

BEGIN = 1_700_000_000_000_000_000
UNIT = 1_000_000
EVERY = frozenset({"trades", "quotes", "book"})
ACCOUNT = "PAPER-001"


def order(order_id, side, kind, quantity, *, account=ACCOUNT, tif="gtc", **values):
    for name in ("price", "trigger_price", "trailing_offset", "limit_offset", "filled_quantity", "filled_notional"):
        if name in values:
            values[name] = Decimal(str(values[name]))
    values = {"status": "submitted", "ts_created": BEGIN, "ts_updated": BEGIN} | values
    return OrderRow(
        user_id="u",
        account_id=account,
        strategy="desk",
        client_order_id=order_id,
        order_id=order_id,
        instrument_id=NAME,
        side=side,
        type=kind,
        time_in_force=tif,
        quantity=Decimal(str(quantity)),
        **values,
    )


class PaperDesk:
    """The venue, one market, prices in cents, sizes in whole coins."""

    def __init__(self, *, kinds=EVERY, is_open=True, accounts=(ACCOUNT, "PAPER-002"), instrument=INSTRUMENT, **options):
        self.ids = count(1)
        self.venue = PaperVenue({NAME: instrument}, lambda _: kinds, new_id=lambda: f"F{next(self.ids)}", **options)
        self.told = []
        self.demands = []
        self.venue.demand = lambda name, is_wanted: self.demands.append(is_wanted)
        for account in accounts:
            self.venue.attach(account, lambda event, account=account: self.told.append((account, event)))
        self.ts, self.sequence, self.trades = BEGIN, 0, 0
        if is_open:
            self.venue.open()

    def tick(self, nanoseconds=1_000_000):
        self.ts += nanoseconds
        return self.ts

    def book(self, bids=(), asks=()):
        self.sequence += 1
        levels = [tuple((round(price * 100), round(size * UNIT)) for price, size in side) for side in (bids, asks)]
        self.venue.on_book(BookRow(NAME, self.tick(), self.sequence, *levels, is_snapshot=True))

    def step(self, bids=(), asks=()):
        self.sequence += 1
        levels = [tuple((round(price * 100), round(size * UNIT)) for price, size in side) for side in (bids, asks)]
        self.venue.on_book(BookRow(NAME, self.tick(), self.sequence, *levels))

    def trade(self, price, size=1, side="none"):
        self.trades += 1
        row = TradeRow(NAME, self.tick(), round(price * 100), round(size * UNIT), side, str(self.trades))
        self.venue.on_trade(row)

    def quote(self, bid, ask, bid_size=1, ask_size=1):
        sizes = round(bid_size * UNIT), round(ask_size * UNIT)
        self.venue.on_quote(QuoteRow(NAME, self.tick(), round(bid * 100), round(ask * 100), *sizes))

    def bar(self, *prices, volume=4):
        row = BarRow(self.ts, *(round(price * 100) for price in prices), round(volume * UNIT))
        self.venue.on_bar(NAME, row, self.tick(60_000_000_000))

    def submit(self, order_id, side, kind, quantity, **values):
        self.venue.submit(order(order_id, side, kind, quantity, **values))

    def modify(self, order_id, **values):
        change = Change(**{name: Decimal(str(value)) for name, value in values.items()})
        self.venue.modify(ACCOUNT, order_id, change)

    def kinds(self, order_id):
        return [event.kind for _, event in self.told if event.order_id == order_id]

    def fills(self, order_id):
        """Price and quantity of each."""
        return [
            (float(event.fill_price), float(event.fill_quantity))
            for _, event in self.told
            if event.order_id == order_id and event.kind == "filled"
        ]

    def last(self, order_id):
        return [event for _, event in self.told if event.order_id == order_id][-1]

    def working(self, account=ACCOUNT):
        return {row.order_id: row for row in self.venue.working(account)}
