"""The ledger beside the engine's own position, where one strategy trades alone."""

from collections.abc import Iterator
from decimal import Decimal

import hypothesis.strategies as st
from hypothesis import given, settings
from nautilus_trader.core import UUID4
from nautilus_trader.model import (
    AccountId,
    ClientOrderId,
    Currency,
    LiquiditySide,
    OrderFilled,
    OrderSide,
    OrderType,
    Position,
    PositionId,
    Price,
    Quantity,
    StrategyId,
    TradeId,
    TraderId,
    VenueOrderId,
)

from actors.accounts.ledger import Ledger
from actors.accounts.terms import Terms
from actors.engine import to_engine
from actors.orders import FillRow
from tests.unit.accounts_world import INSTRUMENTS, PERP

ENGINE = to_engine(INSTRUMENTS[PERP])
TERMS = Terms.of(INSTRUMENTS[PERP])
UNIT, BILLIONTH = Decimal("1e-8"), Decimal("1e-9")
FILLS = st.lists(
    st.tuples(
        st.sampled_from(["buy", "sell"]),
        st.decimals("0.0001", "50", places=4),
        st.decimals("0.1", "90000", places=1),
    ),
    min_size=1,
    max_size=25,
)


def engine_fill(number: int, side: str, quantity: Decimal, price: Decimal) -> OrderFilled:
    return OrderFilled(
        TraderId("T-1"),
        StrategyId("S-1"),
        ENGINE.id,
        ClientOrderId(f"o{number}"),
        VenueOrderId(f"v{number}"),
        AccountId("SIM-1"),
        TradeId(f"f{number}"),
        OrderSide.BUY if side == "buy" else OrderSide.SELL,
        OrderType.MARKET,
        Quantity.from_str(f"{quantity:.4f}"),
        Price.from_str(f"{price:.1f}"),
        Currency.from_str("USDT"),
        LiquiditySide.TAKER,
        UUID4(),
        number,
        number,
        False,
        PositionId("P-1"),
    )


def row(number: int, side: str, quantity: Decimal, price: Decimal) -> FillRow:
    return FillRow(
        user_id="anna",
        account_id="PAPER-001",
        strategy="desk",
        fill_id=f"f{number}",
        order_id=f"o{number}",
        client_order_id=f"o{number}",
        instrument_id=PERP,
        side=side,
        quantity=quantity,
        price=price,
        fee=Decimal(0),
        fee_currency="USDT",
        liquidity="taker",
        ts=number,
    )


def unflipped(fills) -> Iterator[tuple[str, Decimal, Decimal]]:
    """Yield the fills, cut where they would flip the position: there the engine begins another one."""
    held = Decimal(0)
    for side, quantity, price in fills:
        way = 1 if side == "buy" else -1
        size = min(quantity, abs(held)) if held * way < 0 else quantity
        held += way * size
        yield side, size, price


@given(fills=FILLS)
@settings(max_examples=50)
def test_quantities_are_equal_and_averages_within_a_billionth(fills):
    ledger, position = Ledger(lambda _: TERMS), None
    for number, (side, quantity, price) in enumerate(unflipped(fills)):
        ledger.apply(row(number, side, quantity, price))
        event = engine_fill(number, side, quantity, price)
        ours = ledger.position(PERP)
        if position is None or position.is_closed:
            position, before = Position(ENGINE, event), ours.realized
        else:
            position.apply(event)
        size, theirs = position.quantity.as_decimal(), position.realized_pnl.as_decimal()
        rounding = UNIT * (number + 1)  # of each fill's realized part, on both sides
        assert ours.quantity == (-size if position.is_short else size)
        assert abs(ours.realized - before - theirs) <= rounding + BILLIONTH * (abs(ours.cost) + abs(theirs))
        if size:
            average = Decimal(position.avg_px_open)
            assert abs(average - ours.average) <= BILLIONTH * average + rounding / size
