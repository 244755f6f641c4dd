"""Orders that belong together change together: one write of the journal, whatever the venue tells afterwards."""

from decimal import Decimal

import pytest

from actors.orders import FillRow, OrderEvent, OrderRow
from tests.unit.accounts_world import PERP, T0, World


def told(world, kind, row, **values):
    return world.accounts.on_event(row.account_id, OrderEvent(kind=kind, order_id=row.order_id, ts=T0, **values))


def pair(world, anna, *, quantities=("3", "3"), **values):
    """Return two orders of which the second one names the first."""
    first = world.work(anna, PERP, "sell", quantities[0], type="limit", price="110", **values)
    links = {"linked_order_ids": (first.order_id,)}
    return first, world.work(
        anna, PERP, "sell", quantities[1], type="stop_market", trigger_price="90", **links, **values
    )


class Writes:
    """What each write of the journal had."""

    def __init__(self, world):
        self.rows, self._write = [], world.journal.write
        world.journal.write = self.write

    def write(self, *rows, told=None):
        self.rows.append(rows)
        self._write(*rows, told=told)


@pytest.mark.parametrize("at", [0, 1])
def test_a_fill_and_what_it_takes_off_the_linked_order_are_one_write(at):
    world = World()
    anna = world.open()
    orders = pair(world, anna)
    writes = Writes(world)
    world.fill(orders[at], "1", "100")
    other = orders[1 - at]

    assert [len(writes.rows), [type(row) for row in writes.rows[0][:3]]] == [1, [FillRow, OrderRow, OrderRow]]
    assert (writes.rows[0][2].order_id, writes.rows[0][2].quantity) == (other.order_id, 2)
    assert anna.orders.get(other.order_id).leaves_quantity == anna.orders.get(orders[at].order_id).leaves_quantity
    assert told(world, "updated", other, quantity=Decimal("2.0000")) is None
    assert len(writes.rows) == 1


def test_a_fill_that_comes_after_its_update_takes_nothing_twice():
    world = World()
    anna = world.open()
    first, second = pair(world, anna)
    told(world, "updated", second, quantity=Decimal(2))
    world.fill(first, "1", "110")

    assert anna.orders.get(second.order_id).quantity == 2


def test_an_order_that_has_not_arrived_is_left_to_the_venue():
    world = World()
    anna = world.open()
    first = world.work(anna, PERP, "sell", "3", type="limit", price="110")
    second = world.order(anna, PERP, "sell", "3", type="limit", price="120", linked_order_ids=(first.order_id,))
    world.accounts.reserve(second, Decimal(120))
    world.fill(first, "1", "110")

    assert anna.orders.get(second.order_id).quantity == 3


@pytest.mark.parametrize(("filled", "kept"), [("2", "1"), ("1", "0.5"), ("3", "1.5")])
def test_exits_are_released_with_their_share_in_the_write_that_ends_their_entry(filled, kept):
    world = World()
    anna = world.open()
    entry = world.work(anna, PERP, "buy", "4", type="limit", price="100")
    exits = pair(world, anna, quantities=("2", "2"), parent_order_id=entry.order_id)
    world.fill(entry, filled, "100")
    writes = Writes(world)
    applied = told(world, "canceled", entry)

    assert [(row.parent_order_id, row.quantity) for row in applied.released] == [(None, Decimal(kept))] * 2
    assert {row.order_id for row in writes.rows[0] if type(row) is OrderRow} == {
        row.order_id for row in (entry, *exits)
    }
    assert told(world, "updated", exits[0], quantity=Decimal(kept)) is None


def test_an_exit_without_a_share_waits_for_the_venue_to_end_it():
    world = World()
    anna = world.open()
    entry = world.work(anna, PERP, "buy", "4", type="limit", price="100")
    small = world.work(anna, PERP, "sell", "0.0001", type="limit", price="110", parent_order_id=entry.order_id)
    world.fill(entry, "1", "100")

    assert told(world, "canceled", entry).released == ()
    assert anna.orders.get(small.order_id).parent_order_id == entry.order_id
