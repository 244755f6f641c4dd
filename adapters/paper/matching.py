"""What the market does to the orders of one instrument: trades, steps of the book, quotes and bars."""

from actors.market import BarRow, BookRow, QuoteRow, Side
from adapters.paper.by_price import ByPrice
from adapters.paper.execution import Execution
from adapters.paper.market import PaperMarket
from adapters.paper.order import PaperOrder

_BAR_POINTS = 4


class Matching:
    """Fills resting orders and wakes armed ones; asks the nearest prices alone."""

    def __init__(self, execution: Execution) -> None:
        """Do to orders what `execution` can."""
        self._execution = execution

    def trade(self, market: PaperMarket, price: int, size: int, side: Side) -> None:
        """Take one trade: what it goes through fills wholly, what it meets by its size; then stops are triggered."""
        taken: dict[str, int] = {}
        for ladder, aggressor in ((market.bids, "buy"), (market.asks, "sell")):
            self._through(ladder, price, taken)
            if side != aggressor and ladder.has(price):
                self._meet(ladder.at(price), price, size, taken)
        self._trigger(market, price)

    def bar(self, market: PaperMarket, row: BarRow) -> None:
        """Walk one bar: open, high, low, close, a quarter of the volume each.

        From the open on the price passes through everything in between, so a stop finds its trigger's price there.
        """
        size = max(row.volume // _BAR_POINTS, 1)
        market.depth.last = row.open
        self.trade(market, row.open, size, "none")
        for price in (row.high, row.low, row.close):
            self._pass(market, price)
            market.depth.last = price
            self.trade(market, price, size, "none")

    def book(self, market: PaperMarket, row: BookRow) -> None:
        """Take one step of the book: queues shrink, and what the other side has reached fills."""
        depth = market.depth
        depth.apply(row)
        if not market.count or not depth.is_whole:
            return
        if row.is_snapshot:
            self._shrink_all(market)
        else:
            for ladder, levels in ((market.bids, row.bids), (market.asks, row.asks)):
                for price, size in levels:
                    if ladder.has(price):
                        _shrink(ladder.at(price), size)
        self._reached(market)
        for order in list(market.waiting):
            self._execution.resume(order)

    def quote(self, market: PaperMarket, row: QuoteRow) -> None:
        """Take a quote: without a book it is all that is shown."""
        market.depth.quote = row
        if not market.count or market.depth.is_whole:
            return
        for ladder, price, size in ((market.bids, row.bid, row.bid_size), (market.asks, row.ask, row.ask_size)):
            if ladder.has(price):
                _shrink(ladder.at(price), size)
        self._reached(market)

    def _trigger(self, market: PaperMarket, price: int) -> None:
        for ladder in (market.rising, market.falling):
            while (order := ladder.first(price)) is not None:
                self._execution.trigger(order)
        for ladder in (market.highs, market.lows):
            while (order := ladder.first_beyond(price)) is not None:
                self._execution.follow(order, price)

    def _pass(self, market: PaperMarket, price: int) -> None:
        """Wake what lies on the way to a price, each at its own trigger."""
        for ladder in (market.rising, market.falling):
            while (order := ladder.first(price)) is not None:
                market.depth.last = order.trigger
                self._execution.trigger(order)

    def _through(self, ladder: ByPrice, price: int, taken: dict[str, int]) -> None:
        """Fill what a trade goes through; `taken` is how much each account has had of it."""
        while (order := ladder.first_beyond(price)) is not None:
            before = order.filled
            self._execution.fill(order, _limit(order), order.active, "maker")
            taken[order.account_id] = taken.get(order.account_id, 0) + order.filled - before

    def _meet(self, orders: list[PaperOrder], price: int, size: int, taken: dict[str, int]) -> None:
        """Give a trade to the orders of its price: each account meets all of it, its own orders one after the other."""
        for order in orders:
            if order.stage != "resting":
                continue
            volume = max(size - taken.get(order.account_id, 0), 0)
            filled = min(max(volume - order.ahead, 0), order.active)
            order.ahead = max(order.ahead - volume, 0)
            if filled:
                before = order.filled
                self._execution.fill(order, price, filled, "maker")
                taken[order.account_id] = taken.get(order.account_id, 0) + order.filled - before

    def _reached(self, market: PaperMarket) -> None:
        """Fill resting orders that the other side of the book has reached, by what it shows, at their own price."""
        bid, ask = market.depth.bid(), market.depth.ask()
        for ladder, best in ((market.bids, ask), (market.asks, bid)):
            if best is not None and ladder.first(best) is not None:
                for price in list(ladder.prices()):
                    if (price < best) if ladder is market.bids else (price > best):
                        break
                    for order in ladder.at(price):
                        self._match(market, order)

    def _match(self, market: PaperMarket, order: PaperOrder) -> None:
        offered = market.depth.offered(order.account_id, order.price, is_buy=order.is_buy)
        for price, size in list(offered):
            if order.stage != "resting" or not order.active:
                return
            self._execution.fill(order, _limit(order), min(size, order.active), "maker", level=price)

    def _shrink_all(self, market: PaperMarket) -> None:
        for ladder, is_buy in ((market.bids, True), (market.asks, False)):
            for price in ladder.prices():
                _shrink(ladder.at(price), market.depth.shown(price, is_buy=is_buy))


def _shrink(orders: list[PaperOrder], size: int) -> None:
    for order in orders:
        order.ahead = min(order.ahead, size)


def _limit(order: PaperOrder) -> int:
    assert order.price is not None, order.row.type  # noqa: S101  # it rests
    return order.price
