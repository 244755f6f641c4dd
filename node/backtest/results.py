"""What a backtest found, as one struct that becomes JSON; the same run gives the same bytes.

Money and quantities are exact decimal text in quote currency and base units; times are integer milliseconds of
market time; shares and ratios are floats. Nothing in here knows wall time or the engine.
"""

import hashlib
from collections.abc import Mapping
from typing import Literal

import msgspec
from msgspec import Struct


class DataFile(Struct, frozen=True, kw_only=True):
    """One instrument's data."""

    instrument_id: str
    source: str
    """The recorded file as the configuration names it, or `simulator`."""
    sha256: str
    """Of the file's bytes, or of the simulated rows."""
    bars: int
    """Rows played, the warm-up not counted."""
    warmup: int
    """Rows that were history at the start."""
    holes: int
    """Missing spans between the played rows."""


class SignalCounts(Struct, frozen=True, kw_only=True):
    """How many signals of each kind came; those computed from history at the start count apart."""

    total: int
    long: int
    short: int
    neutral: int
    backfilled: int


class OrderCounts(Struct, frozen=True, kw_only=True):
    """What became of the orders."""

    total: int
    filled: int
    canceled: int
    rejected: int
    denied: int


class Trade(Struct, frozen=True, kw_only=True):
    """From flat to flat: one position from its first to its last fill."""

    instrument_id: str
    strategy: str
    side: Literal["long", "short"]
    quantity: str
    """Base units bought or sold to open, in total."""
    entry_price: str
    """Average over the opening fills; rounded to 12 places when it does not end."""
    exit_price: str | None
    """Average over the closing fills; None while nothing is closed."""
    ts_entry: int
    ts_exit: int | None
    """None: still open at the end."""
    fees: str
    pnl: str
    """After fees; of an open one with its rest at the last close, before the fee of closing it."""


class Drawdown(Struct, frozen=True, kw_only=True):
    """The deepest fall of equity from its highest point before."""

    amount: str
    share: float
    """0..1 of the highest point."""
    ts_peak: int
    ts_trough: int


class Performance(Struct, frozen=True, kw_only=True):
    """How money developed."""

    final_equity: str
    pnl: str
    """After fees."""
    fees: str
    total_return: float
    """Share of the starting balance."""
    sharpe: float | None
    """Mean over standard deviation of the equity's returns per step, times the root of the steps of a year (365
    days), without a riskless rate; None when undefined."""
    max_drawdown: Drawdown


class EquityPoint(Struct, frozen=True, kw_only=True):
    """Equity at one close, with open positions at that close."""

    ts: int
    equity: float
    buy_and_hold: float
    drawdown: float
    """Share below the highest point so far, 0..1; the deepest since the point before."""


class DayReturn(Struct, frozen=True, kw_only=True):
    """Returns of one UTC day of market time, as shares of the equity before it."""

    day: str
    """ISO 8601 date."""
    strategy: float
    buy_and_hold: float


class Result(Struct, frozen=True, kw_only=True):
    """One backtest."""

    name: str
    version: str
    engine: str
    """Name and version of the engine."""
    seed: int
    config: Mapping[str, object]
    """The sections that decide a backtest, all defaults written out."""
    data: tuple[DataFile, ...]
    start: int
    """Market time of the first step."""
    end: int
    currency: str
    starting_balance: str
    bars: int
    """Rows played, over all instruments."""
    steps: int
    """Different close times: the returns behind the Sharpe ratio are from step to step."""
    signals: SignalCounts
    orders: OrderCounts
    fills: int
    strategy: Performance
    buy_and_hold: Performance
    """All the money in equal parts in every instrument from its first played close to its last, fees included."""
    win_rate: float | None
    """Share of closed trades with a positive PnL after fees; None without any."""
    exposure: float
    """Share of steps with an open position."""
    trades: tuple[Trade, ...]
    days: tuple[DayReturn, ...]
    equity: tuple[EquityPoint, ...]
    """At most 2,000 points."""

    def to_json(self) -> bytes:
        """Return the result as indented JSON."""
        return msgspec.json.format(msgspec.json.encode(self, order="deterministic"), indent=1) + b"\n"

    @property
    def file_stem(self) -> str:
        """Name of its files: the run's name and a hash of what decides it, so that the same run has the same name."""
        decisive = (self.version, self.engine, self.config, [(item.instrument_id, item.sha256) for item in self.data])
        return f"{self.name}-{hashlib.sha256(msgspec.json.encode(decisive, order='deterministic')).hexdigest()[:12]}"
