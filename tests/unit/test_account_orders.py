from decimal import Decimal

import pytest

from actors.accounts.orders import Orders, Overfill
from actors.orders import OrderEvent, OrderRow
from tests.entries import entries
from tests.unit.accounts_world import PERP, T0, World

WORLD = World()
ANNA = WORLD.open()


def order(quantity: str = "2", **fields) -> OrderRow:
    return WORLD.order(ANNA, PERP, "buy", quantity, **({"type": "limit", "price": "100"} | fields))


def held(row: OrderRow) -> Orders:
    orders = Orders()
    orders.add(row)
    return orders


def event(row: OrderRow, kind: str, **fields) -> OrderEvent:
    return OrderEvent(kind=kind, order_id=row.order_id, ts=T0 + 1, **fields)


def filled(row: OrderRow, quantity: str, price: str = "100", fill_id: str = "f1") -> OrderEvent:
    values = {"fill_id": fill_id, "fill_quantity": Decimal(quantity), "fill_price": Decimal(price)}
    return event(row, "filled", **values)


def after(row: OrderRow, *events: OrderEvent) -> OrderRow:
    orders = held(row)
    for one in events:
        orders.apply(one)
    return orders.get(row.order_id)


@pytest.mark.parametrize(
    ("kinds", "status"),
    [
        (["accepted"], "accepted"),
        (["rejected"], "rejected"),
        (["denied"], "denied"),
        (["accepted", "triggered"], "triggered"),
        (["accepted", "canceled"], "canceled"),
        (["accepted", "expired"], "expired"),
        (["unknown"], "unknown"),
        (["unknown", "accepted"], "accepted"),
        (["accepted", "triggered", "unknown", "accepted"], "triggered"),
        (["canceled", "accepted"], "canceled"),
        (["accepted", "canceled", "expired"], "canceled"),
        (["accepted", "modify_rejected"], "accepted"),
        (["accepted", "cancel_rejected"], "accepted"),
        (["rejected", "triggered"], "rejected"),
    ],
)
def test_events_move_an_order_to(kinds, status):
    row = order()

    assert after(row, *(event(row, kind) for kind in kinds)).status == status


def test_each_change_has_a_higher_revision_and_what_changes_nothing_has_none():
    row = order()
    orders = held(row)

    first = orders.apply(event(row, "accepted", venue_order_id="v1"))
    again = orders.apply(event(row, "accepted", venue_order_id="v1"))

    assert (first.row.revision, first.row.venue_order_id) == (1, "v1")
    assert again is None


def test_partial_fills_add_up_to_filled():
    row = order("2")

    part = after(row, event(row, "accepted"), filled(row, "0.5", "100"))
    whole = after(part, filled(row, "1.5", "104", "f2"))

    assert (part.status, part.leaves_quantity) == ("partially_filled", Decimal("1.5"))
    assert (whole.status, whole.filled_notional) == ("filled", Decimal("206.0"))


def test_a_fill_before_its_accept_stays_a_fill():
    row = order("2")

    assert after(row, filled(row, "1"), event(row, "accepted")).status == "partially_filled"


def test_a_fill_after_the_cancel_counts():
    row = order("2")

    late = after(row, event(row, "canceled", reason="asked for"), filled(row, "1"))
    whole = after(late, filled(row, "1", fill_id="f2"))

    assert (late.status, late.filled_quantity) == ("canceled", Decimal(1))
    assert whole.status == "filled"


def test_more_than_the_quantity_is_refused():
    row = order("2")
    orders = held(row)

    refused = orders.apply(filled(row, "2.0001"))

    assert isinstance(refused, Overfill)
    assert orders.get(row.order_id) is row


def test_a_change_to_what_has_filled_ends_the_order():
    row = order("2")

    assert after(row, filled(row, "1"), event(row, "updated", quantity=Decimal(1))).status == "filled"


def test_a_change_moves_price_quantity_and_trigger():
    row = order(type="stop_limit", trigger_price="99")

    values = {"quantity": Decimal(3), "price": Decimal(101), "trigger_price": Decimal(98)}
    row = after(row, event(row, "updated", **values))

    assert {name: getattr(row, name) for name in values} == values


def test_a_rejection_after_a_fill_is_a_cancel():
    row = order("2")

    assert after(row, filled(row, "1"), event(row, "rejected", reason="gone")).status == "canceled"


def test_a_fill_without_price_is_a_fault_of_the_caller():
    row = order()

    with pytest.raises(ValueError, match="fill_id"):
        held(row).apply(event(row, "filled", fill_id="f", fill_quantity=Decimal(1)))


def test_an_unknown_order_is_nothing():
    assert Orders().apply(event(order(), "accepted")) is None


def test_orders_are_found_by_both_ids_and_listed_oldest_first():
    orders, rows = Orders(), [order() for _ in range(3)]
    for row in rows:
        orders.add(row)
    orders.apply(event(rows[0], "accepted"))

    assert [row.order_id for row in orders.working()] == [row.order_id for row in rows]
    assert orders.find(rows[1].client_order_id) is rows[1]
    assert orders.find("nobody") is None


def test_the_oldest_of_the_ended_orders_are_forgotten():
    orders, rows = Orders(ended=2), [order() for _ in range(3)]
    for row in rows:
        orders.add(row)
        orders.apply(event(row, "canceled"))

    assert [orders.get(row.order_id) is None for row in rows] == [True, False, False]
    assert orders.find(rows[0].client_order_id) is None
    assert len(orders) == 0


def test_ended_orders_that_working_ones_depend_on_are_kept_until_those_have_ended():
    orders, entry, one = Orders(ended=2), order(), order()
    exit_, other = order(parent_order_id=entry.order_id), order(linked_order_ids=(one.order_id,))
    for row in (entry, one, exit_, other):
        orders.add(row)
    orders.apply(filled(entry, "1"))

    def end(*rows: OrderRow) -> None:
        for row in rows:
            if orders.get(row.order_id) is None:
                orders.add(row)
            orders.apply(event(row, "canceled"))

    end(entry, one, *(order() for _ in range(20)))
    assert orders.get(entry.order_id).filled_quantity == 1
    assert orders.linked(other) == [orders.get(one.order_id)]

    end(exit_, other, *(order() for _ in range(5)))
    assert [orders.get(row.order_id) for row in (entry, one, exit_, other)] == [None] * 4


def test_an_ended_order_that_still_hears_something_is_not_forgotten_for_it():
    orders = Orders(ended=1)
    entry, late = order(), order()
    orders.add(order(parent_order_id=entry.order_id))
    for row in (entry, late):
        orders.add(row)
    orders.apply(filled(entry, "2"))
    orders.apply(event(late, "canceled"))
    before = entries(orders, "actors.accounts")

    orders.apply(filled(late, "1", fill_id="f2"))

    assert orders.get(late.order_id).filled_quantity == 1
    assert entries(orders, "actors.accounts") == before


def test_exits_that_have_ended_are_forgotten_before_their_entry():
    orders, entry = Orders(ended=2), order()
    orders.add(entry)
    for _ in range(10):
        exit_ = order(parent_order_id=entry.order_id)
        orders.add(exit_)
        orders.apply(event(exit_, "canceled"))

    assert len(orders._children[entry.order_id]) == 2


def test_exits_of_an_entry_that_was_refused_leave_nothing():
    orders, exit_ = Orders(ended=0), order(parent_order_id="refused")
    orders.add(exit_)
    orders.apply(event(exit_, "rejected"))

    assert orders._children == {}


def test_orders_that_never_worked_end_no_others_and_are_not_kept_for_them():
    orders, one, two = Orders(ended=2), order(), order()
    for row in (one, two):
        orders.add(row)
    for kind in ["rejected", "denied"] * 5:
        other = order(linked_order_ids=(one.order_id,))
        orders.add(other)
        orders.apply(event(other, kind))

    assert (len(orders._ended), orders.bereft()) == (2, [])

    last = order(linked_order_ids=(two.order_id,))
    orders.add(last)
    orders.apply(event(last, "canceled"))
    assert orders.bereft() == [two]
