"""Sections of the configuration about signals: streams and the predictors that vote in them."""

from typing import Annotated

from msgspec import Meta, field

from config.fields import Config, InstrumentName, IntervalName, Name, Share, Weight


class PredictorConfig(Config, frozen=True, kw_only=True):
    """One voter of a signal."""

    name: Name
    """Registered predictor name, for example `technical`."""
    weight: Weight = 1.0
    """Share of this vote; 0 computes and shows the prediction but does not count it."""
    params: dict[str, float | int | str | bool] = field(default_factory=dict)
    """Passed to the predictor's constructor."""


class SignalConfig(Config, frozen=True, kw_only=True):
    """One signal stream: some instruments, one interval, some voters."""

    instruments: tuple[InstrumentName, ...] = ()
    """Empty: every instrument of the market."""
    interval: IntervalName = "1m"
    predictors: tuple[PredictorConfig, ...] = (PredictorConfig(name="technical", weight=0.2),)
    long_above: Share = 0.6
    """Long when the probability is above."""
    short_below: Share = 0.4
    """Short when the probability is below."""
    trade_confidence: Share = 0.65
    """Strategies act only above this confidence."""
    quorum: Share = 0.5
    """Share of the total weight that must have voted."""
    backfill: Annotated[int, Meta(ge=0, le=7_600)] = 500
    """Signals computed for the last bars of history at start."""
