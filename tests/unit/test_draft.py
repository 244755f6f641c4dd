from decimal import Decimal

import pytest
from msgspec.structs import replace

from actors.accounts.draft import amended, body_hash, order_of
from actors.market import DAY_NS
from actors.orders import OrderRow, OrderTicket
from config.errors import InvalidInputError
from tests.unit.accounts_world import PERP, SPOT, T0, World, instrument, ticket

NOW = T0 + 5_000_000_000
NOW_MS = NOW // 1_000_000
STEPS = instrument(SPOT, price_increment="0.5", max_price="100000", min_price="10", max_notional="1000000")


def drafted(one: OrderTicket, *known: OrderRow) -> OrderRow:
    orders = {row.client_order_id: row for row in known}
    return order_of(one, STEPS, user_id="anna", account_id="PAPER-001", now_ns=NOW, find=orders.get, trace_id="t")


def a_row(client_order_id: str = "entry", **fields) -> OrderRow:
    return drafted(ticket(client_order_id=client_order_id, **fields))


def test_a_ticket_becomes_an_order():
    row = drafted(ticket())

    assert (row.price, row.quantity, row.status) == (Decimal(64000), Decimal("0.01"), "submitted")
    assert (row.strategy, row.trace_id, row.ts_created) == ("desk", "t", NOW)
    assert row.order_id.isalnum()
    assert len(row.order_id) == 32


STOP = {"type": "stop_market", "price": None, "trigger_price": "65000"}
TRAIL = {"type": "trailing_stop_market", "price": None, "trailing_offset": "100"}


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"quantity": "0.000000001"}, "$.quantity"),
        ({"quantity": "0.00001"}, "$.quantity"),
        ({"quantity": "1001"}, "$.quantity"),
        ({"quantity": "0.0001", "price": "10"}, "$.quantity"),
        ({"quantity": "20"}, "$.quantity"),
        ({"price": "64000.1"}, "$.price"),
        ({"price": "9.5"}, "$.price"),
        ({"price": "100000.5"}, "$.price"),
        ({"price": None}, "$.price"),
        ({"trigger_price": "64000"}, "$.trigger_price"),
        ({"trailing_offset": "1"}, "$.trailing_offset"),
        ({"limit_offset": "1"}, "$.limit_offset"),
        ({"type": "market"}, "$.price"),
        (STOP | {"trigger_price": None}, "$.trigger_price"),
        (STOP | {"price": "65000"}, "$.price"),
        ({"type": "stop_limit"}, "$.trigger_price"),
        (TRAIL | {"trailing_offset": None}, "$.trailing_offset"),
        (TRAIL | {"trailing_offset": "0.3"}, "$.trailing_offset"),
        (TRAIL | {"type": "trailing_stop_limit"}, "$.limit_offset"),
        (TRAIL | {"type": "trailing_stop_limit", "limit_offset": "1", "price": "1"}, "$.price"),
        ({"post_only": True, "time_in_force": "ioc"}, "$.post_only"),
        ({"type": "market", "price": None, "post_only": True}, "$.post_only"),
        (STOP | {"post_only": True}, "$.post_only"),
        (STOP | {"time_in_force": "ioc"}, "$.time_in_force"),
        (TRAIL | {"time_in_force": "fok"}, "$.time_in_force"),
        ({"type": "market", "price": None, "time_in_force": "day"}, "$.time_in_force"),
        ({"time_in_force": "gtd"}, "$.expire_time"),
        ({"time_in_force": "gtd", "expire_time": NOW_MS}, "$.expire_time"),
        ({"expire_time": NOW_MS + 1}, "$.expire_time"),
        ({"parent_client_order_id": "nobody"}, "$.parent_client_order_id"),
        ({"parent_client_order_id": "one"}, "$.parent_client_order_id"),
        ({"linked_client_order_ids": ("nobody",)}, "$.linked_client_order_ids"),
        ({"linked_client_order_ids": ("entry", "entry")}, "$.linked_client_order_ids"),
        ({"parent_client_order_id": "entry"}, "$.side"),
    ],
)
def test_a_ticket_that_does_not_fit_names_the_field(fields, path):
    with pytest.raises(InvalidInputError) as error:
        drafted(ticket(**fields), a_row())

    assert error.value.path == path


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "market", "price": None},
        {"type": "market", "price": None, "time_in_force": "ioc"},
        {"time_in_force": "fok"},
        {"post_only": True},
        {"time_in_force": "gtd", "expire_time": NOW_MS + 1},
        STOP,
        {"type": "stop_limit", "trigger_price": "63000", "post_only": True},
        {"type": "market_if_touched", "price": None, "trigger_price": "63000", "time_in_force": "day"},
        {"type": "limit_if_touched", "trigger_price": "63000"},
        TRAIL,
        TRAIL | {"trigger_price": "66000"},
        {"type": "trailing_stop_limit", "price": None, "trailing_offset": "100", "limit_offset": "0.5"},
    ],
)
def test_a_ticket_that_fits_passes(fields):
    assert drafted(ticket(**fields)).status == "submitted"


def test_a_day_order_ends_at_midnight():
    assert drafted(ticket(time_in_force="day")).expire_ns == T0 + DAY_NS


def test_a_gtd_order_ends_when_it_says():
    assert drafted(ticket(time_in_force="gtd", expire_time=NOW_MS + 7)).expire_ns == (NOW_MS + 7) * 1_000_000


def test_an_exit_waits_for_its_entry_and_only_reduces():
    entry = a_row()

    row = drafted(ticket(side="sell", parent_client_order_id="entry"), entry)

    assert row.parent_order_id == entry.order_id
    assert row.reduce_only


def test_the_exit_of_a_filled_entry_waits_no_more():
    entry = a_row()
    done = World().order(World().open(), SPOT, "buy", "1")
    done = type(done)(**{name: getattr(done, name) for name in done.__struct_fields__} | {"status": "filled"})

    row = drafted(ticket(side="sell", parent_client_order_id=done.client_order_id), done, entry)

    assert row.parent_order_id is None


def test_orders_on_other_instruments_cannot_be_linked():
    other = World().order(World().open(), PERP, "buy", "1", client_order_id="other")

    with pytest.raises(InvalidInputError, match=r"on BTC-USDT\.SIM"):
        drafted(ticket(linked_client_order_ids=("other",)), other)


def test_linked_orders_are_known_by_our_ids():
    one, two = a_row("a"), a_row("b")

    row = drafted(ticket(linked_client_order_ids=("a", "b")), one, two)

    assert row.linked_order_ids == (one.order_id, two.order_id)


@pytest.mark.parametrize("status", ["filled", "canceled", "rejected"])
def test_an_order_that_has_ended_can_be_linked_no_more(status):
    ended = replace(a_row("a"), status=status)

    with pytest.raises(InvalidInputError, match=f"'a' is {status}") as error:
        drafted(ticket(linked_client_order_ids=("a",)), ended)

    assert error.value.path == "$.linked_client_order_ids"


def test_the_same_body_has_the_same_digest():
    assert body_hash(ticket()) == body_hash(ticket())
    assert body_hash(ticket()) != body_hash(ticket(quantity="0.02"))


class TestAmending:
    def test_it_changes_what_is_named(self):
        row = amended(a_row(), STEPS, price="63000.5", quantity="0.02")

        assert (row.price, row.quantity) == (Decimal("63000.5"), Decimal("0.02"))

    @pytest.mark.parametrize(
        ("changes", "path"),
        [
            ({}, None),
            ({"price": "64000"}, None),
            ({"price": "64000.2"}, "$.price"),
            ({"trigger_price": "64000"}, "$.trigger_price"),
            ({"quantity": "0.000000001"}, "$.quantity"),
        ],
    )
    def test_a_change_that_does_not_fit_names_the_field(self, changes, path):
        with pytest.raises(InvalidInputError) as error:
            amended(a_row(), STEPS, **changes)

        assert error.value.path == path

    def test_less_than_has_filled_is_refused(self):
        world = World()
        row = world.work(world.open(), SPOT, "buy", "0.02", type="limit", price="64000")
        part = world.fill(row, "0.01", "64000").row

        with pytest.raises(InvalidInputError, match="more than has filled"):
            amended(part, STEPS, quantity="0.01")
