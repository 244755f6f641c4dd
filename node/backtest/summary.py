"""A finished run -> its Result."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import msgspec
import nautilus_trader
import numpy as np
from nautilus_trader.model import OrderFilled, OrderSide, OrderStatus

from actors.market import INTERVALS, interval_of
from adapters.columns import closes
from adapters.replay.feed import ReplayFeed
from adapters.replay.recording import Recording
from config.errors import BacktestError
from config.schema import NodeConfig
from config.version import VERSION
from node.backtest.engine import BacktestRun
from node.backtest.equity import Closes, buy_and_hold, curve_of, days_of, points_of
from node.backtest.results import DataFile, OrderCounts, Result, SignalCounts
from node.backtest.trades import Fill, plain, trades_of

_DIGITS = re.compile(r"(\d+)")


def result_of(config: NodeConfig, run: BacktestRun) -> Result:
    """Return everything that is told of a finished run."""
    feed, currency, orders = run.feed, run.currency, run.cache.orders()
    start = Decimal(config.backtest.balances[currency])
    fills = _fills(orders, currency)
    played = [_closes(feed, item) for item in feed.recordings.values()]
    strategy, benchmark = curve_of(fills, played, start), buy_and_hold(played, start)
    trades = trades_of(fills, {item.instrument_id: item.price(-1) for item in played})
    won = [Decimal(trade.pnl) > 0 for trade in trades if trade.ts_exit is not None]
    step_ns = min(_interval_ns(item) for item in feed.recordings.values())
    data = [_data_file(feed, item) for item in feed.recordings.values()]
    return Result(
        name=config.node.name,
        version=VERSION,
        engine=f"nautilus_trader {nautilus_trader.__version__}",
        seed=config.backtest.seed,
        config=decisive(config),
        data=tuple(data),
        start=feed.start_ns // 1_000_000,
        end=int(strategy.times[-1]) // 1_000_000,
        currency=currency,
        starting_balance=plain(start),
        bars=sum(item.bars for item in data),
        steps=len(strategy.times),
        signals=SignalCounts(total=sum(run.tally.counts.values()), **run.tally.counts, backfilled=run.tally.backfilled),
        orders=_order_counts(orders),
        fills=len(fills),
        strategy=strategy.performance(step_ns),
        buy_and_hold=benchmark.performance(step_ns),
        win_rate=sum(won) / len(won) if won else None,
        exposure=float(strategy.exposed.mean()),
        trades=tuple(trades),
        days=days_of(strategy, benchmark),
        equity=points_of(strategy, benchmark),
    )


def decisive(config: NodeConfig) -> dict[str, object]:
    """Return the sections that decide a backtest; where it writes does not."""
    section = msgspec.structs.replace(config.backtest, results_dir=None)
    found: dict[str, object] = {
        "market": config.market,
        config.market: config.replay if config.market == "replay" else config.sim,
        "buffer": config.buffer,
        "signals": config.signals,
        "strategies": config.strategies,
        "backtest": section,
    }
    if config.market == "sim":
        found["replay"] = {"warmup_bars": config.replay.warmup_bars}
    return {key: msgspec.to_builtins(value) for key, value in found.items()}


def _fills(orders: Iterable[Any], currency: str) -> list[Fill]:
    """Return every fill in the order of time; at one instant by strategy, then as the orders were numbered."""
    found = []
    for order in orders:
        number = [int(part) if part.isdigit() else part for part in _DIGITS.split(str(order.client_order_id))]
        for event in order.events():
            if isinstance(event, OrderFilled):
                key = (event.ts_event, str(event.strategy_id), number)
                found.append((key, _fill(event, currency)))
    return [fill for _, fill in sorted(found, key=lambda item: item[0])]


def _fill(event: OrderFilled, currency: str) -> Fill:
    commission = event.commission
    if commission is not None and str(commission.currency) != currency:
        raise BacktestError(f"fees must be in {currency} to be counted, found {commission}")
    return Fill(
        instrument_id=str(event.instrument_id),
        strategy=str(event.strategy_id),
        is_buy=event.order_side == OrderSide.BUY,
        quantity=event.last_qty.as_decimal(),
        price=event.last_px.as_decimal(),
        fee=Decimal(0) if commission is None else commission.as_decimal(),
        ts=event.ts_event,
    )


def _order_counts(orders: Sequence[Any]) -> OrderCounts:
    states = Counter(order.status for order in orders)
    return OrderCounts(
        total=len(orders),
        filled=states[OrderStatus.FILLED],
        canceled=states[OrderStatus.CANCELED],
        rejected=states[OrderStatus.REJECTED],
        denied=states[OrderStatus.DENIED],
    )


def _closes(feed: ReplayFeed, recording: Recording) -> Closes:
    """Return the closes played: of recorded bars, or of the minutes of recorded trades."""
    first = int(np.searchsorted(recording.times, feed.start_ns))
    rows, times = recording.rows.part(first, len(recording.rows)), recording.times[first:]
    if recording.interval is None:
        rows = rows.joined(INTERVALS["1m"])
        times = closes(rows.ts, INTERVALS["1m"])
    instrument = recording.instrument
    return Closes(
        instrument_id=instrument.instrument_id,
        times=times,
        units=rows.close,
        price_precision=instrument.price_precision,
        size_precision=instrument.size_precision,
        taker_fee=Decimal(instrument.taker_fee),
    )


def _interval_ns(recording: Recording) -> int:
    return (recording.interval or interval_of("1m")).duration_ns


def _data_file(feed: ReplayFeed, recording: Recording) -> DataFile:
    first = int(np.searchsorted(recording.times, feed.start_ns))
    opens, times = recording.rows.ts[first:], recording.times[first:]
    return DataFile(
        instrument_id=recording.instrument.instrument_id,
        source=recording.file,
        sha256=recording.sha256,
        bars=len(opens),
        warmup=first,
        holes=0 if recording.interval is None else int((opens[1:] > times[:-1]).sum()),
    )
