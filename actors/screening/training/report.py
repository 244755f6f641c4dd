"""What a training on orders found: the common part, and what would have become of the orders it lets through."""

from msgspec import Struct

from actors.signal.training.bootstrap import Edge
from actors.signal.training.report import Judgement


class PastSource(Struct, frozen=True, kw_only=True):
    """What was learnt from; times are UNIX milliseconds of market time."""

    source: str
    sha256: str
    orders: int
    effective: float
    """How many orders that are never open together these are worth."""
    won: float
    """Share."""
    first_ms: int
    last_ms: int
    ends_assumed: int
    """Orders that do not say when they were resolved."""
    hours_open: float
    """Mean, assumed ones included."""
    has_volatility: bool
    has_profits: bool
    """Whether every order says what it earned."""


class Taken(Struct, frozen=True, kw_only=True):
    """Orders that were sent, and what became of them, out of sample."""

    orders: int
    wins: int
    profit: float | None
    """Sum, after fees; None: not every order says it."""


class Part(Struct, frozen=True, kw_only=True):
    """Orders of one strategy or symbol, out of sample."""

    name: str
    every: Taken
    executed: Taken
    """Those whose win probability is above the threshold."""
    predicted: float
    """Mean win probability."""
    log_loss: float
    same_answer: float
    """Log-loss of always telling the strategy's share of wins."""
    brier: float


class OrderPoint(Struct, frozen=True, kw_only=True):
    """Sums of profits up to one order."""

    ts: int
    model: float
    every: float


class OrderSweep(Struct, frozen=True, kw_only=True):
    """What another threshold would have let through; to be looked at, not to be chosen from."""

    probability: float
    executed: Taken


class OrderReport(Judgement, frozen=True, kw_only=True):
    """One training on orders."""

    data: PastSource
    session: str | None
    execute_above: float
    """The node's threshold, `screening.execute_above`."""
    executed: Taken
    every: Taken
    """All orders that were judged, whatever was said of them."""
    edge: Edge
    equity: tuple[OrderPoint, ...]
    """At most 500 points; empty without profits."""
    sweep: tuple[OrderSweep, ...]
    strategies: tuple[Part, ...]
    """The commonest first."""
    symbols: tuple[Part, ...]
    """Likewise, at most 20."""
