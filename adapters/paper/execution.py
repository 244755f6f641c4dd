"""What happens to one order: it comes to work, takes, rests, fills and ends, and others with it."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from actors.market import Level
from actors.orders import Liquidity, OrderEventKind, OrderRow
from adapters.paper.agenda import Agenda
from adapters.paper.family import Family
from adapters.paper.market import PaperMarket
from adapters.paper.order import POST_ONLY, UNKNOWN, PaperOrder
from adapters.paper.register import Register
from adapters.paper.teller import Teller

BOOK_WAIT_NS = 2_000_000_000
"""Market time that an order waits for the book of its instrument before it acts on the last price."""


class Execution:
    """Keeps orders, markets and nets together; every change of an order goes through here."""

    def __init__(
        self, markets: Mapping[str, PaperMarket], teller: Teller, agenda: Agenda, now: Callable[[], int]
    ) -> None:
        """Start without orders.

        Args:
            markets: By instrument id.
            teller: Told everything.
            agenda: Keeps how long orders wait for a book.
            now: Market time, UNIX ns.
        """
        self.register = Register()
        self.family = Family(self.register, teller, self.end, self._grow)
        self.net: dict[tuple[str, str], int] = {}
        """Account and instrument -> signed position, in units."""
        self.on_count: Callable[[PaperMarket], None] = lambda _market: None
        """Told when a market got its first order or lost its last one."""
        self.ceiling: Callable[[OrderRow], Decimal | None] = lambda _row: None
        """Tells the highest price that an order's account has bound money for."""
        self._markets = markets
        self._teller = teller
        self._agenda = agenda
        self._now = now
        self._released: list[PaperOrder] = []

    def market(self, order: PaperOrder) -> PaperMarket:
        """Return where an order works."""
        return self._markets[order.row.instrument_id]

    def add(self, order: PaperOrder) -> None:
        """Take an order into the books; it does nothing yet."""
        market = self.market(order)
        self.register.add(order)
        market.count += 1
        if market.count == 1:
            self.on_count(market)

    def accept(self, order: PaperOrder) -> None:
        """Tell that an order works, and with which quantity if its relatives have changed that."""
        order.is_accepted = True
        self._teller.tell(order, "accepted")
        if order.quantity != order.units.size_units(order.row.quantity):
            self._teller.updated(order)

    def would_take(self, order: PaperOrder, price: int | None) -> bool:
        """Return whether an order limited to `price` would meet something at once."""
        offered = self.market(order).depth.offered(order.account_id, price, is_buy=order.is_buy)
        return next(offered, None) is not None

    def reducible(self, order: PaperOrder) -> int:
        """Return how much of the position an order of its side can close."""
        net = self.net.get((order.account_id, order.row.instrument_id), 0)
        return max(-net if order.is_buy else net, 0)

    def enter(self, order: PaperOrder) -> None:
        """Put an accepted order to work."""
        if order.parent is not None and order.active == 0:
            self._leave(order)
            order.stage = "held"
        elif order.has_trigger:
            self._arm(order)
        elif self.market(order).awaits_book and order.stage != "waiting":
            self.wait(order)
        else:
            self._leave(order)
            self._execute(order)

    def rest(self, order: PaperOrder) -> None:
        """Have an order rest at its price, at the back of the queue that is shown there."""
        market = self.market(order)
        order.stage = "resting"
        order.ahead = UNKNOWN if market.awaits_book else market.depth.shown(order.price or 0, is_buy=order.is_buy)
        market.put(order)

    def wait(self, order: PaperOrder) -> None:
        """Have an order wait for the book; what then becomes of it is said by `resume`."""
        order.stage = "waiting"
        self.market(order).waiting[order] = None
        self._agenda.put(self._now() + BOOK_WAIT_NS, lambda: self.resume(order))

    def resume(self, order: PaperOrder) -> None:
        """End a wait: the book has come, or it is acted on the last price."""
        if order.stage != "waiting":
            return
        if not order.is_accepted:
            if self.would_take(order, order.price):
                self.end(order, "rejected", POST_ONLY)
                return
            self.accept(order)
        self.enter(order)

    def trigger(self, order: PaperOrder) -> None:
        """Wake an armed order."""
        self._leave(order)
        order.is_triggered = True
        if not order.is_market:
            self._teller.tell(order, "triggered")
        self.enter(order)

    def follow(self, order: PaperOrder, price: int) -> None:
        """Move the trigger of a trailing stop after the market."""
        market = self.market(order)
        market.drop(order)
        order.reach = price
        away = -1 if order.is_buy else 1
        _trail(order, away)
        market.put(order)
        self._teller.updated(order)

    def fill(self, order: PaperOrder, price: int, size: int, liquidity: Liquidity, *, level: int | None = None) -> None:
        """Fill some of what is active; a reduce-only order stops where the position is flat.

        Args:
            order: Accepted, at work.
            price: Of the fill, like the others in units.
            size: At most what is active.
            liquidity: Which fee it pays.
            level: Price of the level of the book that it is taken from; None when it comes from a trade.
        """
        if order.row.reduce_only:
            size = min(size, self.reducible(order))
            if size == 0:
                self._stop_reducing(order)
                return
        if level is not None:
            self.market(order).depth.take(order.account_id, level, size, is_buy=order.is_buy)
        order.add_fill(price, size)
        key = order.account_id, order.row.instrument_id
        before = self.net.get(key, 0)
        net = self.net[key] = before + (size if order.is_buy else -size)
        self._teller.filled(order, price, size, liquidity)
        self.family.filled(order, size)
        if order.stage != "done" and order.filled == order.quantity:
            self._finish(order, "filled")
        elif order.active == 0:
            self._hold(order)
        if before and before * net <= 0:
            self._drop_reducing(key)

    def end(self, order: PaperOrder, kind: OrderEventKind, reason: str | None) -> None:
        """End an order that has not filled wholly, and with it the orders that hang on it."""
        self._teller.tell(order, kind, reason)
        self._finish(order, kind)

    def release_all(self) -> None:
        """Put to work what entries have released meanwhile."""
        while self._released:
            order = self._released.pop(0)
            if order.stage == "held" and order.active:
                order.stage = "new"
                self.enter(order)

    def reprice(self, order: PaperOrder, *, is_requeued: bool) -> None:
        """Put an order whose values have changed to where it belongs now; the caller took it out of the market."""
        if order.stage == "armed":
            self._arm(order)
        elif order.stage == "resting":
            if is_requeued:
                order.stage = "new"
                self.enter(order)
            else:
                self.market(order).put(order)

    def _leave(self, order: PaperOrder) -> None:
        self.market(order).drop(order)
        order.stage = "new"

    def _arm(self, order: PaperOrder) -> None:
        market, last = self.market(order), self.market(order).depth.last
        if order.is_trailing:
            self._anchor(order, last or 0)
        order.stage = "armed"
        market.put(order)
        if market.is_reached(order):
            self.trigger(order)
        elif order.is_trailing and last is not None and (last < order.reach if order.is_buy else last > order.reach):
            self.follow(order, last)

    def _anchor(self, order: PaperOrder, last: int) -> None:
        """Set from where a trailing stop follows, and what hangs on it."""
        before, away = (order.trigger, order.price), -1 if order.is_buy else 1
        order.reach = last if order.trigger is None else order.trigger + away * (order.offset or 0)
        _trail(order, away)
        if before != (order.trigger, order.price):
            self._teller.updated(order)

    def _execute(self, order: PaperOrder) -> None:
        """Take what is offered within the limit; the rest is canceled or rests."""
        limit = self._limit(order)
        levels = self._within(order, limit)
        taken = sum(size for _, size in levels)
        if order.row.post_only and levels:
            self.end(order, "canceled", POST_ONLY)
            return
        if order.row.time_in_force == "fok" and taken < order.active:
            self.end(order, "canceled", f"fill or kill: {self.market(order).visible(order, taken, limit)}")
            return
        for price, size in levels:
            self.fill(order, price, size, "taker", level=price)
            if order.stage != "new":
                return
        if order.row.reduce_only and self.reducible(order) == 0:
            self._stop_reducing(order)
        elif order.active == 0 and order.parent is not None:
            order.stage = "held"
        elif order.is_immediate or order.limit() != limit:
            self.end(order, "canceled", self.market(order).visible(order, taken, limit))
        else:
            self.rest(order)

    def _limit(self, order: PaperOrder) -> int | None:
        """Return the worst price that an order may fill at: its own, and what its account has bound money for."""
        own = order.limit()
        ceiling = None
        if order.is_buy and (order.is_market or order.is_trailing):
            ceiling = self.ceiling(order.to_row(self._now()))
        if ceiling is None:
            return own
        most = order.units.units_within(ceiling)
        return most if own is None else min(own, most)

    def _within(self, order: PaperOrder, limit: int | None) -> list[Level]:
        left, levels = order.active, []
        offered = self.market(order).depth.offered(order.account_id, limit, is_buy=order.is_buy)
        while left and (level := next(offered, None)) is not None:
            size = min(left, level[1])
            levels.append((level[0], size))
            left -= size
        return levels

    def _grow(self, order: PaperOrder) -> None:
        """Note that an exit may fill more or less than before; what may fill nothing is held."""
        if order.stage == "held" and order.active:
            self._released.append(order)
        elif order.active == 0:
            self._hold(order)
        elif order.stage == "resting" and order.parent is not None:  # what is added stands at the back
            order.ahead = max(order.ahead, self.market(order).depth.shown(order.price or 0, is_buy=order.is_buy))

    def _hold(self, order: PaperOrder) -> None:
        if order.stage in {"resting", "armed", "waiting"}:
            self._leave(order)
            order.stage = "held"

    def _finish(self, order: PaperOrder, kind: str) -> None:
        market = self.market(order)
        market.drop(order)
        order.stage = "done"
        linked, children = self.register.remove(order)
        market.count -= 1
        if market.count == 0:
            self.on_count(market)
        self.family.ended(order, kind, linked, children)

    def _stop_reducing(self, order: PaperOrder) -> None:
        """End a reduce-only order whose position is closed; an exit waits for what its entry may still fill."""
        if order.parent is None:
            self.end(order, "canceled", "the position is closed")
        elif order.stage == "new":
            order.stage = "held"
        else:
            self._hold(order)

    def _drop_reducing(self, key: tuple[str, str]) -> None:
        for order in self.register.of(key[0]):
            is_asked = (
                order.row.instrument_id == key[1] and order.row.reduce_only and order.stage not in {"new", "done"}
            )
            if is_asked and self.reducible(order) == 0:
                self._stop_reducing(order)


def _trail(order: PaperOrder, away: int) -> None:
    """Put trigger and limit where the best price so far says; a limit lies above zero however far it is set off."""
    order.trigger = order.reach - away * (order.offset or 0)
    if order.limit_offset is not None:
        order.price = max(order.trigger - away * order.limit_offset, 1)
