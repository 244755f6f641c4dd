"""Fills and closes -> the equity curve and what is told of it; buy-and-hold by the same rules."""

from collections.abc import Iterable, Sequence
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from actors.market import DAY_NS
from node.backtest.results import DayReturn, Drawdown, EquityPoint, Performance
from node.backtest.trades import Fill, plain

MAX_POINTS = 2_000
YEAR_NS = 365 * DAY_NS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_CENT = Decimal("1e-8")


class Closes(Struct, frozen=True, kw_only=True):
    """The played bars of one instrument."""

    instrument_id: str
    times: Ints
    """Close times, UNIX nanoseconds, ascending, shape (n,)."""
    units: Ints
    """Closes in units of 10^-price_precision, shape (n,)."""
    price_precision: int
    size_precision: int
    taker_fee: Decimal
    """Share of the notional."""

    def price(self, index: int) -> Decimal:
        """Return one close, exactly."""
        return Decimal(int(self.units[index])).scaleb(-self.price_precision)


class Curve(Struct, frozen=True):
    """Equity at every step, and the fills that made it."""

    times: Ints
    """UNIX nanoseconds, shape (n,)."""
    equity: Floats
    """Quote currency, shape (n,)."""
    exposed: NDArray[np.bool_]
    """Whether a position was open after the step, shape (n,)."""
    final: Decimal
    """Exact equity at the last step."""
    fees: Decimal
    start: Decimal

    def performance(self, step_ns: int) -> Performance:
        """Return what is told of the curve; `step_ns` is the usual time between two steps."""
        return Performance(
            final_equity=plain(self.final),
            pnl=plain(self.final - self.start),
            fees=plain(self.fees),
            total_return=float((self.final - self.start) / self.start),
            sharpe=sharpe(np.concatenate([[float(self.start)], self.equity]), YEAR_NS / step_ns),
            max_drawdown=_deepest(self),
        )


def curve_of(fills: Iterable[Fill], closes: Sequence[Closes], start: Decimal) -> Curve:
    """Return the equity of a balance `start` under `fills`, at every close of any instrument.

    A fill counts from the first step at or after its time. Positions are valued at their newest close.
    """
    times = np.unique(np.concatenate([item.times for item in closes]))
    cash, equity = np.zeros(len(times)), np.zeros(len(times))
    exposed = np.zeros(len(times), dtype=np.bool_)
    net, money, fees = dict.fromkeys((item.instrument_id for item in closes), Decimal(0)), start, Decimal(0)
    changes = {item.instrument_id: np.zeros(len(times)) for item in closes}
    for fill in fills:
        step = min(int(np.searchsorted(times, fill.ts)), len(times) - 1)
        quantity = fill.quantity if fill.is_buy else -fill.quantity
        paid = quantity * fill.price + fill.fee
        cash[step] -= float(paid)
        changes[fill.instrument_id][step] += float(quantity)
        net[fill.instrument_id] += quantity
        money -= paid
        fees += fill.fee
    for item in closes:
        # A sum of floats leaves crumbs where the exact one is zero.
        position = np.round(np.cumsum(changes[item.instrument_id]), item.size_precision)
        newest = np.searchsorted(item.times, times, side="right") - 1
        price = item.units[np.maximum(newest, 0)] / 10.0**item.price_precision
        equity += position * price
        exposed |= position != 0
        money += net[item.instrument_id] * item.price(-1)
    return Curve(times, float(start) + np.cumsum(cash) + equity, exposed, money, fees, start)


def buy_and_hold(closes: Sequence[Closes], start: Decimal) -> Curve:
    """Return the curve of equal parts in every instrument, from the first close of each to its last, fees included.

    Quantities are rounded down to the instrument's size; what does not fit stays cash.
    """
    fills = []
    part = start / len(closes)
    for item in closes:
        price, fee = item.price(0), max(item.taker_fee, Decimal(0))
        quantity = (part / (price * (1 + fee))).quantize(Decimal(1).scaleb(-item.size_precision), ROUND_DOWN)
        fills += [
            _market(item, 0, quantity, is_buy=True),
            _market(item, -1, quantity, is_buy=False),
        ]
    return curve_of([fill for fill in fills if fill.quantity], closes, start)


def sharpe(equity: Floats, steps_a_year: float) -> float | None:
    """Return the yearly Sharpe ratio of the returns from step to step; None when there are too few or all are equal."""
    if len(equity) < 3 or equity.min() <= 0:  # noqa: PLR2004  # two returns are the least that vary
        return None
    returns = equity[1:] / equity[:-1] - 1.0
    deviation = float(returns.std(ddof=1))
    return None if deviation == 0.0 else round(float(returns.mean()) / deviation * steps_a_year**0.5, 6)


def drawdowns(equity: Floats, start: float) -> Floats:
    """Return how far equity is below its highest point so far, as a share of it, shape (n,)."""
    return 1.0 - equity / np.maximum.accumulate(np.maximum(equity, start))


def points_of(strategy: Curve, benchmark: Curve) -> tuple[EquityPoint, ...]:
    """Return at most MAX_POINTS points of both curves; each tells the deepest drawdown since the one before."""
    count = len(strategy.times)
    stride = -(-count // MAX_POINTS)
    last = np.unique(np.append(np.arange(stride - 1, count, stride), count - 1))
    first = np.append(0, last[:-1] + 1)
    deepest = np.maximum.reduceat(drawdowns(strategy.equity, float(strategy.start)), first)
    columns = (strategy.times[last] // 1_000_000, strategy.equity[last], benchmark.equity[last], deepest)
    return tuple(
        EquityPoint(ts=ts, equity=round(equity, 8), buy_and_hold=round(held, 8), drawdown=round(drawdown, 8))
        for ts, equity, held, drawdown in zip(*(column.tolist() for column in columns), strict=True)
    )


def days_of(strategy: Curve, benchmark: Curve) -> tuple[DayReturn, ...]:
    """Return the returns of every UTC day that has a step; a step at midnight still belongs to the day before."""
    days = (strategy.times - 1) // DAY_NS
    last = np.append(np.flatnonzero(np.diff(days)), len(days) - 1)
    returns = []
    for curve in (strategy, benchmark):
        equity = np.concatenate([[float(curve.start)], curve.equity[last]])
        returns.append((equity[1:] / equity[:-1] - 1.0).round(8).tolist())
    names = days[last].astype("datetime64[D]").astype(str).tolist()
    return tuple(
        DayReturn(day=name, strategy=own, buy_and_hold=held) for name, own, held in zip(names, *returns, strict=True)
    )


def _market(item: Closes, index: int, quantity: Decimal, *, is_buy: bool) -> Fill:
    price = item.price(index)
    return Fill(
        instrument_id=item.instrument_id,
        strategy="",
        is_buy=is_buy,
        quantity=quantity,
        price=price,
        fee=(price * quantity * item.taker_fee).quantize(_CENT, ROUND_HALF_EVEN),
        ts=int(item.times[index]),
    )


def _deepest(curve: Curve) -> Drawdown:
    start = float(curve.start)
    shares = drawdowns(curve.equity, start)
    trough = int(shares.argmax())
    before = np.concatenate([[start], curve.equity[: trough + 1]])
    peak = int(before.argmax())
    amount = Decimal(before[peak] - before[-1]).quantize(_CENT, ROUND_HALF_EVEN)
    return Drawdown(
        amount=plain(amount),
        share=round(float(shares[trough]), 8),
        ts_peak=int(curve.times[max(peak - 1, 0)]) // 1_000_000,
        ts_trough=int(curve.times[trough]) // 1_000_000,
    )
