"""What accounts ask of the paper venue, checked and done."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal

import structlog

from actors.market import DAY_NS
from actors.orders import OrderRow, OrderSide
from adapters.paper.agenda import Agenda
from adapters.paper.execution import Execution
from adapters.paper.market import PaperMarket
from adapters.paper.order import POST_ONLY, PaperOrder
from adapters.paper.teller import Teller

type Share = tuple[Decimal, Decimal]
"""Filled and whole quantity of an order that has ended."""

_NOTHING: Share = (Decimal(0), Decimal(1))

log = structlog.get_logger(__name__)


class Commands:
    """Submissions, changes, cancels and the restore of orders."""

    def __init__(
        self,
        execution: Execution,
        markets: Mapping[str, PaperMarket],
        teller: Teller,
        agenda: Agenda,
        now: Callable[[], int],
    ) -> None:
        """Work on the orders of `execution`."""
        self._execution = execution
        self._markets = markets
        self._teller = teller
        self._agenda = agenda
        self._now = now
        self._restored: list[PaperOrder] = []

    def submit(self, row: OrderRow) -> None:
        """Take a new order in."""
        register = self._execution.register
        if register.is_known(row.order_id):
            log.warning("paper_order_doubled", order_id=row.order_id, account_id=row.account_id)
            return
        order, problem = self._drafted(row)
        if order is None or problem is not None:
            self._teller.answer(row.account_id, row.order_id, "rejected", problem)
            return
        self._execution.add(order)
        self._expire_later(order)
        self._hang(order)
        if order.stage == "done":
            return
        waits = row.post_only and not order.has_trigger and order.active > 0
        if waits and self._execution.market(order).awaits_book:
            self._execution.wait(order)
        elif waits and self._execution.would_take(order, order.price):
            self._execution.end(order, "rejected", POST_ONLY)
        else:
            self._execution.accept(order)
            self._execution.enter(order)

    def modify(
        self,
        account_id: str,
        order_id: str,
        quantity: Decimal | None,
        price: Decimal | None,
        trigger: Decimal | None,
    ) -> None:
        """Change what is given."""
        order = self._execution.register.find(account_id, order_id)
        if order is None:
            self._teller.answer(account_id, order_id, "modify_rejected", "the order does not work here")
            return
        if not order.is_accepted:
            self._teller.tell(order, "modify_rejected", "the order waits for the book to be accepted")
            return
        try:
            values = _Values(order, quantity, price, trigger)
        except ValueError as e:
            self._teller.tell(order, "modify_rejected", str(e))
            return
        problem = self._change_problem(order, values)
        if problem is not None:
            self._teller.tell(order, "modify_rejected", problem)
            return
        self._change(order, values)

    def cancel(self, account_id: str, order_id: str) -> None:
        """Cancel one order."""
        order = self._execution.register.find(account_id, order_id)
        if order is None:
            self._teller.answer(account_id, order_id, "cancel_rejected", "the order does not work here")
        else:
            self._execution.end(order, "canceled", None)

    def cancel_all(self, account_id: str, instrument_id: str | None, side: OrderSide | None) -> None:
        """Cancel what matches."""
        for order in self._execution.register.of(account_id):
            is_meant = instrument_id in {None, order.row.instrument_id} and side in {None, order.row.side}
            if is_meant and order.stage != "done":
                self._execution.end(order, "canceled", None)

    def restore(
        self, rows: Iterable[OrderRow], parents: Mapping[str, Share], net: Mapping[tuple[str, str], Decimal]
    ) -> None:
        """Forget everything and take the orders of a journal; they come to work with `start`."""
        execution = self._execution
        self._forget()
        for (account_id, name), quantity in net.items():
            execution.net[account_id, name] = self._markets[name].units.size_units(quantity)
        known = {row.order_id: row for row in rows}
        for row in known.values():
            order = PaperOrder(row, self._markets[row.instrument_id].units)
            order.is_accepted = row.status not in {"submitted", "unknown"}
            linked = [known[other].filled_quantity for other in row.linked_order_ids if other in known]
            order.reduced = order.units.size_units(sum(linked, Decimal(0)))
            execution.add(order)
            self._restored.append(order)
        for order in self._restored.copy():
            if order.stage != "done":
                self._restore(order, parents)

    def start(self) -> None:
        """Put restored orders to work."""
        restored, self._restored = self._restored, []
        for order in restored:
            if order.stage == "new":
                self._restart(order)

    def _forget(self) -> None:
        for market in self._markets.values():
            market.forget_orders()
        self._execution.register.clear()
        self._execution.net.clear()
        self._restored.clear()

    def _restore(self, order: PaperOrder, parents: Mapping[str, Share]) -> None:
        execution = self._execution
        if order.is_immediate and not order.has_trigger and order.parent is None:
            execution.end(order, "canceled", "the node ended before it had filled")
            return
        if not order.is_accepted:
            execution.accept(order)
        self._expire_later(order)
        if order.parent is None:
            return
        if execution.register.find(order.account_id, order.parent) is not None:
            execution.family.restrict(order)
        else:
            filled, quantity = parents.get(order.parent, _NOTHING)
            execution.family.settle(order, order.units.size_units(filled), order.units.size_units(quantity))

    def _restart(self, order: PaperOrder) -> None:
        execution = self._execution
        if order.parent is not None or order.has_trigger or execution.would_take(order, order.price):
            execution.enter(order)
        else:
            execution.rest(order)

    def _drafted(self, row: OrderRow) -> tuple[PaperOrder | None, str | None]:
        """Return the order of a row, and why it cannot be taken."""
        market = self._markets.get(row.instrument_id)
        if market is None:
            return None, f"no instrument {row.instrument_id} here"
        try:
            order = PaperOrder(row, market.units)
        except ValueError as e:
            return None, str(e)
        return order, next(self._problems(order, market), None)

    def _problems(self, order: PaperOrder, market: PaperMarket) -> Iterator[str]:
        """Yield why an order cannot be taken; an exit is held, whatever the market does."""
        row, register = order.row, self._execution.register
        if order.expire_ns is not None and order.expire_ns <= self._now():
            yield "its expire time has passed"
        for other in order.linked:
            if register.ended(order.account_id, other) is not None:
                yield f"linked order {other} has ended"
        if order.parent is not None:
            account, parent = order.account_id, order.parent
            if register.find(account, parent) is None and register.ended(account, parent) is None:
                yield f"parent order {order.parent} does not work here"
            return
        if row.reduce_only and self._execution.reducible(order) == 0:
            yield "a reduce-only order has nothing to reduce"
        if order.is_trailing and order.trigger is None:
            yield from _trailing_problems(order, market)
        elif order.has_trigger and market.is_reached(order):
            yield f"trigger price {row.trigger_price} is reached already, the last price is {self._last(market)}"

    def _hang(self, order: PaperOrder) -> None:
        """Have an exit wait for its entry, or take its share of one that has ended."""
        ended = None if order.parent is None else self._execution.register.ended(order.account_id, order.parent)
        if ended is None:
            self._execution.family.restrict(order)
        elif ended[0] == 0:
            self._execution.end(order, "rejected", "its parent order ended unfilled")
        else:
            self._execution.family.settle(order, *ended)

    def _expire_later(self, order: PaperOrder) -> None:
        if order.row.time_in_force == "day":
            begin = order.row.ts_created if order.is_accepted else self._now()
            order.expire_ns = (begin // DAY_NS + 1) * DAY_NS
        if order.expire_ns is not None:
            self._agenda.put(order.expire_ns, lambda: self._expire(order), lambda: order.stage == "done")

    def _expire(self, order: PaperOrder) -> None:
        if order.stage != "done":
            self._execution.end(order, "expired", None)

    def _change_problem(self, order: PaperOrder, values: "_Values") -> str | None:
        if values.quantity <= order.filled:
            return f"quantity must be above the filled {order.units.quantity(order.filled)}"
        if values.trigger != order.trigger:
            market, before = self._execution.market(order), order.trigger
            order.trigger = values.trigger
            is_reached = order.stage != "held" and market.is_reached(order)
            order.trigger = before
            if is_reached:
                return f"the trigger price is reached already, the last price is {self._last(market)}"
        is_priced = values.price != order.price and order.stage == "resting" and order.row.post_only
        if is_priced and self._execution.would_take(order, values.price):
            return POST_ONLY
        return None

    def _change(self, order: PaperOrder, values: "_Values") -> None:
        is_requeued = values.price != order.price or values.quantity > order.quantity
        if order.stage in {"resting", "armed"}:
            self._execution.market(order).drop(order)
        order.quantity, order.price, order.trigger = values.quantity, values.price, values.trigger
        self._execution.family.restrict(order)
        self._teller.updated(order)
        self._execution.reprice(order, is_requeued=is_requeued)

    def _last(self, market: PaperMarket) -> Decimal | None:
        return None if market.depth.last is None else market.units.price(market.depth.last)


class _Values:
    """The values an order would have after a change, in units."""

    def __init__(
        self, order: PaperOrder, quantity: Decimal | None, price: Decimal | None, trigger: Decimal | None
    ) -> None:
        if price is not None and (order.price is None or order.is_trailing):
            raise ValueError(f"a {order.row.type} order has no price to change")
        if trigger is not None and not order.has_trigger:
            raise ValueError("it has no trigger price, or has been triggered")
        units = order.units
        self.quantity = order.quantity if quantity is None else units.size_units(quantity)
        self.price = order.price if price is None else units.price_units(price)
        self.trigger = order.trigger if trigger is None else units.price_units(trigger)


def _trailing_problems(order: PaperOrder, market: PaperMarket) -> Iterator[str]:
    if market.depth.last is None:
        yield "no price is known"
    elif (order.offset or 0) >= market.depth.last:
        yield f"trailing offset {order.row.trailing_offset} reaches below zero"
