"""Screening of strategies' orders as its user sets it, and what it says of an order."""

from typing import Literal, Protocol

from msgspec import Struct

from actors.messages import Signal
from actors.orders import OrderSide
from config.fields import Share

Recommendation = Literal["EXECUTE", "SKIP"]


class OrderScreening(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one user has set."""

    enabled: bool = False
    """Whether orders of own strategies that open or increase a position are judged before they are sent."""
    threshold: Share | None = None
    """Win probability above which an order goes; None: the thresholds of the signal."""
    strict: bool = False
    """Whether an order is denied as well when the signals say nothing; else it goes and the verdict says so."""


class OrderVerdict(Struct, frozen=True, kw_only=True):
    """What was said of one order; without a probability it abstained, and says why."""

    instrument_id: str
    side: OrderSide
    recommendation: Recommendation
    probability: float | None
    """That its side wins, 0..1."""
    threshold: float | None
    """It goes above; None: the signal was not asked that far."""
    reasons: tuple[str, ...]
    bar_type: str
    """Of the signal; empty without one."""
    ts: int
    """When it was judged, UNIX nanoseconds of market time."""

    @property
    def outcome(self) -> Literal["executed", "skipped", "abstained"]:
        """What it came to; abstained whether the order went or not."""
        if self.probability is None:
            return "abstained"
        return "executed" if self.recommendation == "EXECUTE" else "skipped"


class ScreeningState(Struct, frozen=True, kw_only=True):
    """What a trader has set, and what has become of its orders since the books were opened."""

    choice: OrderScreening
    executed: int
    skipped: int
    abstained: int
    """Without a word of the signals, whether they went or not; in neither of the other two."""
    last: OrderVerdict | None


class Opinions(Protocol):
    """What signals say right now."""

    def newest(self, instrument_id: str) -> Signal | None:
        """Return the newest signal of an instrument, at any interval, that was made as its bar closed."""
