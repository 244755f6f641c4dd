"""Section of the configuration about what is kept of analyses, and how their predictions are judged."""

from typing import Annotated

from msgspec import Meta

from config.fields import Config, Positive
from config.training import Barriers


class AnalysesSection(Config, frozen=True, kw_only=True):
    """Every signal with what it was made of, in `analytics.db` of `node.state_dir`, and what became of it."""

    enabled: bool = True
    """Off: signals are in memory only, and nothing is judged."""
    keep_days: Positive = 30
    """Wall days after which an analysis is deleted."""
    max_rows: Annotated[int, Meta(ge=1_000, le=1_000_000_000)] = 5_000_000
    """Above it the oldest are deleted sooner, so that a fast market cannot fill the disk."""
    max_queued: Annotated[int, Meta(ge=1_000, le=1_000_000)] = 20_000
    """Analyses and outcomes that wait while the file cannot be written; above it the oldest are dropped (counted)."""
    barriers: Barriers | None = None
    """What decides whether a prediction was right; None: what models are asked, `training.label`."""
