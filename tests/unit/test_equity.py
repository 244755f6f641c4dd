"""Equity, drawdown, Sharpe and trades of known fills are the known numbers."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.market import DAY_NS
from node.backtest.equity import MAX_POINTS, Closes, buy_and_hold, curve_of, days_of, points_of, sharpe
from node.backtest.trades import Fill, trades_of

NAME = "BTC-USDT.REPLAY"
MINUTE = 60_000_000_000
START = Decimal(1_000)


def closes(*prices, name=NAME, begin=1, fee="0.001"):
    times = np.arange(begin, begin + len(prices), dtype=np.int64) * MINUTE
    units = np.array([round(price * 100) for price in prices], dtype=np.int64)
    return Closes(
        instrument_id=name, times=times, units=units, price_precision=2, size_precision=3, taker_fee=Decimal(fee)
    )


def fill(minute, side, quantity, price, fee="0", *, name=NAME):
    return Fill(
        instrument_id=name,
        strategy="s",
        is_buy=side == "buy",
        quantity=Decimal(quantity),
        price=Decimal(price),
        fee=Decimal(fee),
        ts=minute * MINUTE,
    )


def test_equity_follows_the_position_and_the_fees():
    fills = [fill(2, "buy", "2", "110", "0.5"), fill(4, "sell", "2", "90", "0.25")]

    curve = curve_of(fills, [closes(100, 110, 120, 90, 80)], START)

    assert curve.equity.tolist() == [1000, 999.5, 1019.5, 959.25, 959.25]
    assert curve.exposed.tolist() == [False, True, True, False, False]
    assert (curve.final, curve.fees) == (Decimal("959.25"), Decimal("0.75"))


def test_a_short_position_gains_when_the_price_falls():
    curve = curve_of([fill(1, "sell", "1", "100")], [closes(100, 90, 105)], START)

    assert curve.equity.tolist() == [1000, 1010, 995]


def test_drawdown_is_the_deepest_fall_from_the_highest_point_before():
    fills = [fill(1, "buy", "10", "100")]

    told = curve_of(fills, [closes(100, 120, 90, 130, 110)], START).performance(MINUTE).max_drawdown

    assert (told.amount, told.share) == ("300", 0.25)
    assert (told.ts_peak, told.ts_trough) == (120_000, 180_000)


def test_a_loss_from_the_first_step_on_counts_as_drawdown():
    curve = curve_of([fill(1, "buy", "1", "101", "10")], [closes(100, 100)], START)

    assert curve.performance(MINUTE).max_drawdown.share == pytest.approx(0.011)


def test_sharpe_is_that_of_the_textbook():
    equity = np.array([100.0, 102.0, 101.0, 103.0])
    returns = np.array([0.02, -1 / 102, 2 / 101])

    expected = returns.mean() / returns.std(ddof=1) * 252**0.5

    assert sharpe(equity, 252) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("equity", [[100.0, 101.0], [100.0] * 9, [100.0, 5.0, -3.0, 7.0]])
def test_sharpe_is_none_where_it_means_nothing(equity):
    assert sharpe(np.array(equity), 252) is None


def test_buy_and_hold_pays_both_fees_and_keeps_the_rest_as_cash():
    curve = buy_and_hold([closes(100, 110, 120)], START)

    # 1000 / 100.1 = 9.99000999, rounded down to 9.990: 999.00 and 0.999 of fee
    assert curve.equity[0] == pytest.approx(999.001)
    assert curve.final == Decimal(1000) + Decimal("9.99") * 20 - Decimal("0.999") - Decimal("1.1988")


def test_buy_and_hold_shares_the_money_between_instruments():
    curve = buy_and_hold([closes(100, 200, fee="0"), closes(50, 50, 25, name="ETH-USDT.REPLAY", fee="0")], START)

    assert curve.final == Decimal(1_000) + 500 - 250


def test_a_bar_missing_for_one_instrument_keeps_its_last_close():
    other = closes(10, name="ETH-USDT.REPLAY", begin=2)

    curve = curve_of(
        [fill(1, "buy", "1", "100"), fill(2, "buy", "1", "10", name=other.instrument_id)],
        [
            closes(100, 101, 102),
            other,
        ],
        START,
    )

    assert curve.equity.tolist() == [1000, 1001, 1002]


def test_points_are_thinned_and_keep_the_deepest_drawdown():
    prices = [100.0] * 5_000
    prices[2_501] = 50.0
    curve = curve_of([fill(1, "buy", "10", "100")], [closes(*prices)], START)

    points = points_of(curve, curve)

    assert len(points) <= MAX_POINTS
    assert points[-1].ts == 5_000 * 60_000
    assert max(point.drawdown for point in points) == 0.5


def test_a_day_ends_with_its_midnight_bar():
    times = np.array([1, 12, 24, 25, 48], dtype=np.int64) * (DAY_NS // 24)
    item = Closes(
        instrument_id=NAME,
        times=times,
        units=np.array([100, 100, 110, 110, 99], dtype=np.int64),
        price_precision=0,
        size_precision=3,
        taker_fee=Decimal(0),
    )
    curve = buy_and_hold([item], Decimal(100))

    days = days_of(curve, curve)

    assert [(day.day, day.strategy) for day in days] == [("1970-01-01", 0.1), ("1970-01-02", -0.1)]


def test_a_trade_is_told_from_flat_to_flat():
    fills = [
        fill(1, "buy", "1", "100", "0.1"),
        fill(2, "buy", "3", "104", "0.3"),
        fill(3, "sell", "1", "110", "0.1"),
        fill(4, "sell", "3", "102", "0.3"),
    ]

    (trade,) = trades_of(fills, {NAME: Decimal(1)})

    assert (trade.side, trade.quantity, trade.entry_price, trade.exit_price) == ("long", "4", "103", "104")
    assert (trade.fees, trade.pnl) == ("0.8", "3.2")
    assert (trade.ts_entry, trade.ts_exit) == (60_000, 240_000)


def test_a_fill_beyond_flat_closes_one_trade_and_opens_the_next():
    first, second = trades_of([fill(1, "buy", "1", "100", "1"), fill(2, "sell", "3", "110", "3")], {NAME: Decimal(120)})

    assert (first.side, first.quantity, first.fees, first.pnl) == ("long", "1", "2", "8")
    assert (second.side, second.quantity, second.fees, second.pnl) == ("short", "2", "2", "-22")
    assert (second.exit_price, second.ts_exit) == (None, None)


def test_an_average_that_does_not_end_is_rounded_and_the_pnl_is_not():
    fills = [fill(1, "buy", "1", "1"), fill(2, "buy", "2", "2"), fill(3, "sell", "3", "3")]

    (trade,) = trades_of(fills, {NAME: Decimal(1)})

    assert (trade.entry_price, trade.pnl) == ("1.666666666667", "4")


@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(1, 50), st.integers(1, 20_000), st.integers(-5, 300)),
        min_size=1,
        max_size=40,
    )
)
def test_the_trades_add_up_to_the_curve(steps):
    prices = [price / 100 for _, _, price, _ in steps]
    fills = [
        fill(number, "buy" if is_buy else "sell", str(Decimal(size) / 1000), str(Decimal(price) / 100), str(fee))
        for number, (is_buy, size, price, fee) in enumerate(steps, 1)
    ]
    item = closes(*prices)

    curve = curve_of(fills, [item], START)
    trades = trades_of(fills, {NAME: item.price(-1)})

    assert sum(Decimal(trade.pnl) for trade in trades) == curve.final - START
    assert sum(Decimal(trade.fees) for trade in trades) == curve.fees
    assert curve.equity[-1] == pytest.approx(float(curve.final), abs=1e-6)
    assert curve.exposed[-1] == any(trade.ts_exit is None for trade in trades)
