"""What screening says of an order."""

from hashlib import blake2b
from typing import Literal

import msgspec
from msgspec import Struct

from actors.market import DAY_NS, MINUTE_NS
from actors.screening.candidate import Candidate
from actors.signal.order_features import OrderMarket

Recommendation = Literal["EXECUTE", "SKIP"]


class Snapshot(Struct, frozen=True, kw_only=True):
    """One underlying at one moment."""

    instrument_id: str
    market: OrderMarket
    source: str
    """`mock` for a simulated market, else the kind of market."""
    ts: int
    """Close of the newest bar that counted, UNIX nanoseconds of market time."""
    volume: float
    """Of the newest bar."""
    volatility: float
    """Standard deviation of the returns of the last minutes, a share."""


class Verdict(Struct, frozen=True, kw_only=True):
    """One judged order; without a probability it abstains, and says why."""

    candidate: Candidate
    ts: int
    """When it was judged, UNIX nanoseconds of market time."""
    probability: float | None
    """Of winning, 0..1."""
    threshold: float
    """Of its symbol and strategy."""
    recommendation: Recommendation
    reasons: tuple[str, ...]
    snapshot: Snapshot | None
    """The market that was seen; None when there is none."""
    risk: float | None
    """Zero or negative; None: not known."""
    reward: float | None
    model: str
    """Id; empty when there is none."""
    features: int
    """How many numbers the model saw; 0 when it was not asked."""
    seconds: float
    """Wall time its batch took."""
    owner: str = ""
    """Who asked; empty: it came from the node's own source."""

    @property
    def order_ts(self) -> int:
        """Time that the order was judged for, UNIX nanoseconds."""
        return self.ts if self.candidate.ts is None else self.candidate.ts

    @property
    def prediction_id(self) -> str:
        """What an outcome is told of, 16 hex digits: an order that comes again on the same day is the same prediction.

        An order without an id of its own is another one each minute.
        """
        slot = DAY_NS if self.candidate.order_id else MINUTE_NS
        said = msgspec.msgpack.encode((self.owner, self.candidate, self.order_ts // slot))
        return blake2b(said, digest_size=8).hexdigest()

    @property
    def confidence(self) -> float:
        """Probability of the likelier outcome, 0.5..1; 0 of an abstention."""
        return 0.0 if self.probability is None else max(self.probability, 1.0 - self.probability)

    @property
    def is_winner(self) -> bool:
        """Whether it is expected to win, by its threshold."""
        return self.probability is not None and self.probability >= self.threshold


class ScreeningCounts(Struct, frozen=True, kw_only=True):
    """Hits and misses of the caches since the start."""

    feature_hits: int
    feature_misses: int
    prediction_hits: int
    prediction_misses: int
