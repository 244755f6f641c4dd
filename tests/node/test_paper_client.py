"""The paper venue behind a real node: every event it tells is legal in the engine."""

from decimal import Decimal

import pytest
from nautilus_trader.model import (
    ClientOrderId,
    OrderSide,
    OrderStatus,
    OrderType,
    TimeInForce,
    TrailingOffsetType,
    TriggerType,
)

from tests.node.paper_world import IID, SCALE, PaperWorld
from tests.paper_orders import order
from tests.unit.walks import NAME

BUY, SELL = OrderSide.BUY, OrderSide.SELL
BIDS = ((9_900, 3_000_000), (9_800, 5_000_000))
ASKS = ((10_000, 1_000_000), (10_100, 5_000_000))


def quantity(text):
    return SCALE.quantity(int(Decimal(text) * 1_000_000))


def price(text):
    return SCALE.price(int(Decimal(text) * 100))


@pytest.fixture
async def world():
    world = PaperWorld()
    world.venue.open()
    async with world.running():
        world.book(BIDS, ASKS)
        world.trade(9_950)
        yield world


async def test_a_market_order_walks_the_book_in_the_engine_too(world):
    hand = world.hands[0]

    hand.send("market", "m1", order_side=BUY, quantity=quantity("2"))
    await world.until(lambda: hand.kinds("m1").count("Filled") == 2)

    order = world.cache.order(ClientOrderId("m1"))
    assert (order.status, order.avg_px) == (OrderStatus.FILLED, Decimal("100.5"))
    assert hand.kinds("m1") == ["Initialized", "Submitted", "Accepted", "Filled", "Filled"]
    assert world.hands[1].heard == []


async def test_what_the_book_does_not_give_is_canceled_with_its_reason(world):
    hand = world.hands[0]

    hand.send("market", "m1", order_side=BUY, quantity=quantity("7"))
    await world.ended(hand, "m1", "Canceled")

    assert hand.heard[-1].reason == "the market offers 6.000000 of 7.000000"


async def test_a_limit_order_works_changes_and_goes(world):
    hand = world.hands[0]

    hand.send("limit", "l1", order_side=BUY, quantity=quantity("1"), price=price("99"))
    await world.ended(hand, "l1", "Accepted")
    hand.modify_order(ClientOrderId("l1"), price=price("98.50"), client_id=world.clients["PAPER-001"].client_id)
    await world.ended(hand, "l1", "Updated")
    hand.cancel_order(ClientOrderId("l1"))  # no client: the denier passes it on
    await world.ended(hand, "l1", "Canceled")

    assert world.venue.working("PAPER-001") == []


async def test_an_order_without_a_client_is_denied(world):
    hand = world.hands[0]

    hand.send("market", "m1", client=False, order_side=BUY, quantity=quantity("1"))
    await world.ended(hand, "m1", "Denied")

    assert hand.kinds("m1") == ["Initialized", "Denied"]


async def test_what_our_risk_denies_never_reaches_the_venue(world):
    hand = world.hands[0]

    hand.send("market", "m1", params={"deny": "max_order_notional 100 < 150"}, order_side=BUY, quantity=quantity("1"))
    await world.ended(hand, "m1", "Denied")

    assert "max_order_notional" in hand.heard[-1].reason


@pytest.mark.parametrize(
    ("make", "values", "expected"),
    [
        ("stop_market", {"trigger_price": price("99")}, ["Accepted", "Filled"]),
        ("stop_limit", {"trigger_price": price("99"), "price": price("98")}, ["Accepted", "Triggered", "Filled"]),
        (
            "trailing_stop_market",
            {
                "trailing_offset": Decimal("0.5"),
                "trailing_offset_type": TrailingOffsetType.PRICE,
                "trigger_type": TriggerType.LAST_PRICE,
            },
            ["Accepted", "Updated", "Filled"],
        ),
        (
            "trailing_stop_limit",
            {
                "trailing_offset": Decimal("0.5"),
                "limit_offset": Decimal(2),
                "price": price("97"),
                "trailing_offset_type": TrailingOffsetType.PRICE,
                "trigger_type": TriggerType.LAST_PRICE,
            },
            ["Accepted", "Updated", "Triggered", "Filled"],
        ),
    ],
)
async def test_orders_with_a_trigger_are_legal_all_the_way(world, make, values, expected):
    hand = world.hands[0]

    hand.send(make, "s1", order_side=SELL, quantity=quantity("1"), **values)
    await world.ended(hand, "s1", "Accepted")
    world.trade(9_890)
    await world.ended(hand, "s1", "Filled")

    assert hand.kinds("s1") == ["Initialized", "Submitted", *expected]
    assert world.cache.order(ClientOrderId("s1")).status == OrderStatus.FILLED


@pytest.mark.parametrize(
    ("make", "values", "expected"),
    [
        ("market_if_touched", {"trigger_price": price("101")}, ["Accepted", "Filled"]),
        (
            "limit_if_touched",
            {"trigger_price": price("101"), "price": price("99")},
            ["Accepted", "Triggered", "Filled"],
        ),
    ],
)
async def test_orders_that_are_touched_are_legal_all_the_way(world, make, values, expected):
    hand = world.hands[0]

    hand.send(make, "s1", order_side=SELL, quantity=quantity("1"), **values)
    await world.ended(hand, "s1", "Accepted")
    world.trade(10_100)
    await world.ended(hand, "s1", "Filled")

    assert hand.kinds("s1") == ["Initialized", "Submitted", *expected]


async def test_a_post_only_order_that_would_take_is_rejected(world):
    hand = world.hands[0]

    hand.send("limit", "l1", order_side=BUY, quantity=quantity("1"), price=price("101"), post_only=True)
    await world.ended(hand, "l1", "Rejected")

    assert hand.heard[-1].due_post_only


async def test_a_post_only_order_can_be_canceled_while_it_waits_for_the_book(world):
    hand = world.hands[0]

    world.venue.on_book_lost(NAME)
    hand.send("limit", "l1", order_side=BUY, quantity=quantity("1"), price=price("99"), post_only=True)
    await world.ended(hand, "l1", "Submitted")
    hand.modify_order(ClientOrderId("l1"), price=price("98"), client_id=world.clients["PAPER-001"].client_id)
    await world.ended(hand, "l1", "ModifyRejected")
    hand.cancel_order(ClientOrderId("l1"), client_id=world.clients["PAPER-001"].client_id)
    await world.ended(hand, "l1", "Canceled")

    assert world.venue.working("PAPER-001") == []


async def test_a_gtd_order_expires_by_market_time(world):
    hand = world.hands[0]

    hand.send(
        "limit",
        "l1",
        order_side=BUY,
        quantity=quantity("1"),
        price=price("90"),
        time_in_force=TimeInForce.GTD,
        expire_time=world.clients["PAPER-001"].clock.timestamp_ns() + 10**15,
    )
    await world.ended(hand, "l1", "Accepted")
    world.venue.on_time(world.clients["PAPER-001"].clock.timestamp_ns() + 10**15)
    await world.ended(hand, "l1", "Expired")

    assert world.venue.working("PAPER-001") == []


async def test_a_question_about_an_order_is_answered(world):
    hand = world.hands[0]

    order = hand.send("limit", "l1", order_side=BUY, quantity=quantity("1"), price=price("99"))
    await world.ended(hand, "l1", "Accepted")
    hand.query_order(order, client_id=world.clients["PAPER-001"].client_id)
    hand.cancel_all_orders(IID, client_id=world.clients["PAPER-001"].client_id)
    await world.ended(hand, "l1", "Canceled")


async def test_a_node_built_again_hears_of_its_orders_and_positions_and_the_venue_of_nothing():
    world = PaperWorld()
    world.venue.open()
    async with world.running():
        world.book(BIDS, ASKS)
        world.trade(9_950)
        world.hands[0].send("limit", "l1", order_side=BUY, quantity=quantity("4"), price=price("99"))
        await world.ended(world.hands[0], "l1", "Accepted")
        world.trade(9_900, 4_000_000)
        await world.ended(world.hands[0], "l1", "Filled")
    world.venue.restore(world.venue.working("PAPER-001"), {}, {("PAPER-001", NAME): Decimal(3)})

    async with world.running():
        hand = world.hands[0]
        hand.send("limit", "l1", order_side=BUY, quantity=quantity("4"), price=price("99"), tags=["restore"])
        hand.send("market", "net", order_side=BUY, quantity=quantity("2"), tags=["restore", "at:98.50"])
        hand.send("limit", "gone", order_side=BUY, quantity=quantity("4"), price=price("99"), tags=["restore"])
        await world.ended(hand, "gone", "Rejected")
        world.venue.open()
        world.book(BIDS, ASKS)
        world.trade(9_890)
        await world.until(lambda: hand.kinds("l1").count("Filled") == 2)
        fills = [event for event in hand.heard if type(event).__name__ == "OrderFilled"]
        position = world.cache.positions_open()[0]

    assert [(str(fill.trade_id)[:4], fill.last_qty, fill.last_px) for fill in fills[:2]] == [
        ("R-l1", quantity("1"), price("99")),
        ("R-ne", quantity("2"), price("98.50")),
    ]
    assert fills[0].commission.as_decimal() == 0
    assert fills[2].last_qty == quantity("3")
    assert position.quantity == quantity("6")


async def test_a_restored_stop_limit_is_triggered_in_the_engine_too_and_has_its_changed_values():
    world = PaperWorld()
    row = order(
        "s1",
        "sell",
        "stop_limit",
        1,
        price=101,
        trigger_price=99,
        status="triggered",
        is_triggered=True,
    )
    world.venue.restore([row], {}, {})

    async with world.running():
        hand = world.hands[0]
        hand.send(
            "stop_limit",
            "s1",
            order_side=SELL,
            quantity=quantity("2"),
            price=price("100"),
            trigger_price=price("99"),
            tags=["restore"],
        )
        await world.ended(hand, "s1", "Updated")
        restored = world.cache.order(ClientOrderId("s1"))
        world.venue.open()
        world.book(BIDS, ASKS)
        world.trade(10_101)
        await world.ended(hand, "s1", "Filled")

    assert hand.kinds("s1") == ["Initialized", "Submitted", "Accepted", "Triggered", "Updated", "Filled"]
    assert (restored.quantity, restored.price) == (quantity("1"), price("101"))


async def test_a_whole_bracket_goes_through_the_engine(world):
    hand = world.hands[0]

    orders = hand.order_factory.bracket(
        IID,
        BUY,
        quantity("1"),
        entry_order_type=OrderType.LIMIT,
        entry_price=price("99"),
        sl_trigger_price=price("98"),
        tp_price=price("102"),
    )
    entry, stop, take = (str(one.client_order_id) for one in orders)
    hand.submit_order_list(orders, client_id=world.clients["PAPER-001"].client_id)
    await world.ended(hand, take, "Accepted")
    world.trade(10_300)
    world.trade(9_890)
    await world.ended(hand, entry, "Filled")
    world.trade(10_300)
    await world.ended(hand, take, "Filled")
    await world.ended(hand, stop, "Canceled")

    assert [hand.kinds(name)[2:] for name in (entry, stop, take)] == [
        ["Accepted", "Filled"],
        ["Accepted", "Canceled"],
        ["Accepted", "Filled"],
    ]
    assert world.cache.positions_open() == []


@pytest.mark.parametrize(
    ("make", "values", "reason"),
    [
        ("market_to_limit", {}, "MARKET_TO_LIMIT"),
        ("limit", {"price": price("99"), "time_in_force": TimeInForce.AT_THE_OPEN}, "AT_THE_OPEN"),
        ("stop_market", {"trigger_price": price("99"), "trigger_type": TriggerType.BID_ASK}, "last price"),
        ("limit", {"price": price("99"), "display_qty": quantity("0.1")}, "display"),
    ],
)
async def test_what_the_venue_cannot_do_is_rejected_with_a_reason(world, make, values, reason):
    hand = world.hands[0]

    hand.send(make, "x1", order_side=SELL, quantity=quantity("1"), **values)
    await world.ended(hand, "x1", "Rejected")

    assert reason in hand.heard[-1].reason
    assert world.venue.working("PAPER-001") == []


async def test_commands_reach_the_venue_in_the_order_they_were_given(world):
    hand = world.hands[0]
    name = world.clients["PAPER-001"].client_id

    for number in range(50):
        hand.send("limit", f"l{number}", order_side=BUY, quantity=quantity("1"), price=price("99"))
        hand.cancel_order(ClientOrderId(f"l{number}"), client_id=name)
    await world.ended(hand, "l49", "Canceled")

    assert {hand.kinds(f"l{number}")[-1] for number in range(50)} == {"Canceled"}


async def test_what_is_not_there_cannot_be_canceled(world):
    hand = world.hands[0]

    hand.send("limit", "l1", order_side=BUY, quantity=quantity("1"), price=price("99"))
    await world.ended(hand, "l1", "Accepted")
    world.venue.restore((), {}, {})
    world.venue.open()
    hand.cancel_order(ClientOrderId("l1"), client_id=world.clients["PAPER-001"].client_id)
    await world.ended(hand, "l1", "CancelRejected")

    assert hand.heard[-1].reason == "the order does not work here"
