"""Kept analyses, what became of them, and how the rest of the process asks for them."""

from collections.abc import Sequence
from typing import Literal, Protocol

from msgspec import Struct

from actors.messages import Signal

Stance = Literal["up", "down", "neutral", "abstained"]
"""What a prediction says; `abstained`: nothing."""
OutcomeName = Literal["up", "down", "both", "time", "unresolved"]
"""What the market touched first; `both` in one bar counts as the stop, `unresolved`: bars are missing."""
ALL_TOGETHER = "signal"
"""As a predictor: all sources of a signal together."""


class Targets(Struct, frozen=True, gc=False):
    """What decides about the predictions of one bar."""

    upper: float
    """Price."""
    lower: float
    horizon: int
    """Bars after which the close decides."""


class Opinion(Struct, frozen=True, gc=False):
    """What one predictor says of one bar."""

    predictor: str
    stance: Stance
    probability: float | None = None
    """Of a rise; None of an abstention."""
    confidence: float | None = None


class Analysis(Struct, frozen=True):
    """A signal on its way to the file."""

    signal: Signal
    opinions: Sequence[Opinion]
    """Of all together and of each source."""
    targets: Targets | None
    """None: not judged."""
    processing_us: int | None
    """Wall microseconds; None of history, which is computed many bars at once."""


class Resolved(Struct, frozen=True, kw_only=True):
    """What became of the predictions of one bar."""

    instrument_id: str
    interval: str
    ts_bar: int
    """Open time, UNIX nanoseconds."""
    outcome: OutcomeName
    label: int | None = None
    """1: up first, or above the close when time ran out; 0: else; None: unresolved."""
    bars: int | None = None
    """How many bars it took."""
    ts_outcome: int
    """Close time of the bar that decided, UNIX nanoseconds."""
    long_return: float | None = None
    """Of a long position until then, after fees, share of the price."""
    short_return: float | None = None
    reason: str | None = None
    """Why it is unresolved."""


class Feedback(Struct, frozen=True, kw_only=True):
    """What a caller says came of a signal; a later word on the same signal takes its place."""

    user_id: str
    signal_id: str
    instrument_id: str
    predicted: str
    outcome: str
    profit_loss: float
    was_accurate: bool
    ts_ms: int


class FeedbackSum(Struct, frozen=True, kw_only=True):
    """What callers have said, summed."""

    count: int
    accurate: int
    profit_loss: float


class OpenAnalysis(Struct, frozen=True, kw_only=True):
    """Predictions of one bar whose outcome is still open."""

    ts_bar: int
    ts_event: int
    """Close time of the bar, UNIX nanoseconds: the next one's open time."""
    close: float
    targets: Targets
    is_backfilled: bool
    stances: dict[str, Stance]
    """By predictor."""


class PredictionRow(Struct, frozen=True, kw_only=True):
    """One prediction with its outcome; None where it is not known yet, or never."""

    instrument_id: str
    interval: str
    predictor: str
    stance: Stance
    probability: float | None
    confidence: float | None
    backfilled: bool
    model_version: str
    price: str
    upper: float | None
    lower: float | None
    horizon: int | None
    outcome: OutcomeName | None
    label: int | None
    bars: int | None
    long_return: float | None
    short_return: float | None
    outcome_reason: str | None
    ts_bar: int
    ts_event: int
    ts_outcome: int | None


class Tally(Struct, frozen=True, kw_only=True):
    """Predictions that have much in common, summed."""

    instrument_id: str
    interval: str
    predictor: str
    backfilled: bool
    bucket: int
    """Time, in units of what was asked for."""
    stance: Stance
    state: Literal["open", "unresolved", "unjudged", "known"]
    bin: int
    """Tenth of the probability, 0..9."""
    count: int
    ups: int
    """How many labels were 1."""
    probability: float
    """Sum."""
    squares: float
    """Sum of (probability - label) squared."""
    net: float
    """Sum of what the stances earned, after fees."""
    bars: int
    """Sum of the bars until they were known."""


class Span(Struct, frozen=True, kw_only=True):
    """Which analyses; times of the bars' open, UNIX nanoseconds, half-open."""

    instrument_id: str | None = None
    interval: str | None = None
    start: int | None = None
    end: int | None = None


class Sampled(Struct, frozen=True, kw_only=True):
    """Feature vectors of one stream, oldest first, and the scores of its signals."""

    feature_schema: str
    features: Sequence[tuple[float, ...]]
    scores: Sequence[float]
    first_ns: int
    last_ns: int


class Analyses(Protocol):
    """The store, as readers see it; every answer may raise `StoreUnavailableError`."""

    async def signals(self, span: Span, limit: int) -> tuple[list[Signal], bool]:
        """Return signals, newest first, and whether there are older ones."""

    async def predictions(
        self, span: Span, predictor: str | None, limit: int, skip: int = 0
    ) -> tuple[list[PredictionRow], bool]:
        """Return predictions, newest first, after leaving out `skip`, and whether there are older ones."""

    async def tallies(self, span: Span, predictor: str | None, bucket_ns: int) -> list[Tally]:
        """Return sums by stream, predictor, sample, time, stance, state and tenth of the probability."""

    async def scored(self, predictor: str, most: int) -> int:
        """Return how many live predictions of a direction have a known outcome; counting ends at `most`."""

    async def samples(self, instrument_id: str, interval: str, count: int) -> tuple[Sampled, Sampled] | None:
        """Return the first and the last `count` analyses of the newest schema; None while there are fewer than both."""

    async def keep_feedback(self, row: Feedback) -> None:
        """Return when a caller's word is on the disk."""

    async def feedback(self, user_id: str) -> FeedbackSum:
        """Return the sum of what a user has said."""
