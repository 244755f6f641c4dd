"""What is to be trained."""

from msgspec import Struct

from config.training import TrainingSection


class Wish(Struct, frozen=True, kw_only=True):
    """One training, its data apart."""

    kind: str
    seed: int
    section: TrainingSection
    created_ms: int
    """Wall clock, UNIX milliseconds; nothing but the times depends on it."""
    long_above: float = 0.6
    """The node's thresholds, so that the report can say how often it would act."""
    short_below: float = 0.4
