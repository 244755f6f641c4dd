"""One order at the paper venue, in the exact units of its instrument."""

from decimal import Decimal
from typing import Literal

from msgspec.structs import replace

from actors.accounts.exact import EXACT
from actors.orders import OrderRow
from adapters.paper.units import Units

Stage = Literal["new", "waiting", "held", "armed", "resting", "done"]
"""`new`: on its way; `waiting`: for the book; `held`: its parent has not filled; `armed`: not triggered; `resting`."""

POST_ONLY = "a post-only order would take"
"""Why such an order was rejected, or canceled when it had been accepted before."""
UNKNOWN = 2**62
"""Ahead of an order whose book has not come yet: more than any market has."""
_MARKET_TYPES = frozenset({"market", "stop_market", "market_if_touched", "trailing_stop_market"})
_TOUCH_TYPES = frozenset({"market_if_touched", "limit_if_touched"})
_TRAILING_TYPES = frozenset({"trailing_stop_market", "trailing_stop_limit"})


class PaperOrder:
    """What the venue knows of an order; compared by identity."""

    __slots__ = (
        "account_id",
        "ahead",
        "expire_ns",
        "filled",
        "is_accepted",
        "is_buy",
        "is_triggered",
        "limit_offset",
        "linked",
        "notional",
        "offset",
        "order_id",
        "parent",
        "price",
        "quantity",
        "reach",
        "reduced",
        "row",
        "stage",
        "trigger",
        "units",
        "withheld",
    )

    def __init__(self, row: OrderRow, units: Units) -> None:
        """Take the order of `row`.

        Raises:
            ValueError: If a value does not fit the instrument.
        """
        self.row = row
        self.units = units
        self.account_id = row.account_id
        self.order_id = row.order_id
        self.is_buy = row.side == "buy"
        self.quantity = units.size_units(row.quantity)
        self.filled = units.size_units(row.filled_quantity)
        self.notional = row.filled_notional
        self.price = _units(units, row.price)
        self.trigger = _units(units, row.trigger_price)
        self.offset = _units(units, row.trailing_offset)
        self.limit_offset = _units(units, row.limit_offset)
        self.expire_ns = row.expire_ns
        self.is_triggered = row.is_triggered
        self.is_accepted = False
        self.parent = row.parent_order_id
        self.linked = row.linked_order_ids
        self.withheld = 0
        """How much of the quantity may not fill yet, since the parent has not filled so far."""
        self.reduced = 0
        """How much linked orders have taken off its quantity by filling."""
        self.stage: Stage = "new"
        self.ahead = 0
        """Quantity at its price that trades before it."""
        self.reach = 0
        """The best price the market has had since a trailing stop began to follow it."""

    @property
    def active(self) -> int:
        """How much may still fill by now."""
        return max(self.quantity - self.withheld - self.filled, 0)

    @property
    def is_market(self) -> bool:
        """Whether it fills at any price, once it may."""
        return self.row.type in _MARKET_TYPES

    @property
    def is_immediate(self) -> bool:
        """Whether what does not fill at once is canceled."""
        return self.is_market or self.row.time_in_force in {"ioc", "fok"}

    @property
    def has_trigger(self) -> bool:
        """Whether it sleeps until a trade reaches its trigger."""
        return self.row.type not in {"market", "limit"} and not self.is_triggered

    @property
    def is_trailing(self) -> bool:
        """Whether its trigger follows the market."""
        return self.row.type in _TRAILING_TYPES

    @property
    def rises(self) -> bool:
        """Whether a rising market triggers it."""
        return self.is_buy != (self.row.type in _TOUCH_TYPES)

    def limit(self) -> int | None:
        """Return the worst price it may fill at; None: any."""
        return None if self.is_market else self.price

    def to_row(self, ts: int) -> OrderRow:
        """Return it as it is now."""
        units = self.units
        filled = "partially_filled" if self.filled else "triggered" if self.is_triggered else "accepted"
        return replace(
            self.row,
            status=filled if self.is_accepted else "submitted",
            venue_order_id=venue_order_id_of(self.order_id),
            quantity=units.quantity(self.quantity),
            filled_quantity=units.quantity(self.filled),
            filled_notional=self.notional,
            price=_price(units, self.price),
            trigger_price=_price(units, self.trigger),
            is_triggered=self.is_triggered,
            parent_order_id=self.parent,
            ts_updated=ts,
        )

    def add_fill(self, price: int, size: int) -> None:
        """Count a fill."""
        self.filled += size
        self.notional = EXACT.add(self.notional, self.units.notional(price, size))


def venue_order_id_of(order_id: str) -> str:
    """Return the venue's id of an order: ours, as the engine keeps every name that it has heard until it ends."""
    return order_id


def _units(units: Units, price: Decimal | None) -> int | None:
    return None if price is None else units.price_units(price)


def _price(units: Units, price: int | None) -> Decimal | None:
    return None if price is None else units.price(price)
