"""Sections of the configuration about signals: streams and the predictors that vote in them."""

from typing import Annotated

from msgspec import Meta, field

from config.fields import Config, InstrumentName, IntervalName, Name, Share, Weight

SESSION = r"\A([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9] [A-Za-z]+(/[A-Za-z0-9_+-]+){0,2}\Z"
"""How trading hours are written: opening and closing in local time, and the time zone."""


class PredictorConfig(Config, frozen=True, kw_only=True):
    """One voter of a signal."""

    name: Name
    """Registered predictor name, for example `technical`."""
    weight: Weight | None = None
    """Share of this vote; 0 computes and shows the prediction but does not count it. None: the predictor's own, which
    is 0.2 for `technical` and 0 for `llm`, `http` and `file`, whose opinions are scored before they count."""
    enabled: bool = True
    """Off: not asked, shown as disabled, without a weight."""
    trusted: bool = False
    """Whether a weight above 0 of a source whose own is 0 (`llm`, `http`, `file`) counts at once. Off: a running node
    holds it at 0 until 200 of its live outcomes are scored. Backtests have no live outcomes and hold nothing."""
    params: dict[str, float | int | str | bool] = field(default_factory=dict)
    """Passed to the predictor's constructor."""


class SignalConfig(Config, frozen=True, kw_only=True):
    """One signal stream: some instruments, one interval, some voters."""

    instruments: tuple[InstrumentName, ...] = ()
    """Empty: every instrument of the market."""
    interval: IntervalName = "1m"
    enabled: bool = True
    """Off: every bar gets a neutral signal that says so, and nobody is asked."""
    use_signals: bool = True
    """Off: signals are computed and shown, and strategies do not act on them."""
    reference: InstrumentName | None = None
    """A second instrument whose return, level and change are features too, at the same interval: a volatility index, or
    the coin that others follow. Streams of the reference itself have none."""
    session: Annotated[str, Meta(pattern=SESSION)] | None = None
    """Trading hours of the venue, Monday to Friday, as `09:30-16:00 America/New_York`; None: it never closes."""
    predictors: tuple[PredictorConfig, ...] = (PredictorConfig(name="technical", weight=0.2),)
    long_above: Share = 0.6
    """Long when the probability is above."""
    short_below: Share = 0.4
    """Short when the probability is below."""
    confidence: Share = 0.0
    """A signal below this confidence is neutral."""
    trade_confidence: Share = 0.65
    """Strategies that name no confidence of their own act only above this one."""
    quorum: Share = 0.5
    """Share of the total weight that must have voted."""
    backfill: Annotated[int, Meta(ge=0, le=7_600)] = 500
    """Signals computed for the last bars of history at start."""
