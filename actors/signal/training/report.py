"""What a training found, as one struct that becomes JSON; but for `times` the same training gives the same bytes."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from actors.signal.training.bootstrap import Edge
from actors.signal.training.leaks import LeakTest
from actors.signal.training.metrics import Bin, Scores


class Source(Struct, frozen=True, kw_only=True):
    """What was learnt from; times are UNIX milliseconds of market time."""

    source: str
    sha256: str
    """Of the bars."""
    bars: int
    holes: int
    """Missing spans between them."""
    examples: int
    """Bars with features and a known label."""
    effective: float
    """How many independent labels these are worth."""
    first_ms: int
    last_ms: int


class FoldReport(Struct, frozen=True, kw_only=True):
    """One part of the time and the model that was judged by it."""

    fit_from_ms: int
    fit_to_ms: int
    judged_from_ms: int
    judged_to_ms: int
    calibration: str
    threshold: float
    """Distance from 0.5 above which the report trades bars, chosen on validation."""
    training: Scores
    validation: Scores
    out_of_sample: Scores
    majority: Scores
    """Of the baseline, out of sample."""
    logistic: Scores


class Samples(Struct, frozen=True, kw_only=True):
    """The same model by what it has learnt, by what it was calibrated on, and by what it had never seen."""

    training: Scores
    validation: Scores
    out_of_sample: Scores


class Earned(Struct, frozen=True, kw_only=True):
    """Money over the judged time, after fees."""

    total_return: float
    trades: int
    wins: int
    fees: float
    """Sum of them, as shares of the equity at the time."""


class Point(Struct, frozen=True, kw_only=True):
    """Worth of 1 at one close."""

    ts: int
    model: float
    held: float


class SweepPoint(Struct, frozen=True, kw_only=True):
    """What another threshold would have given, out of sample; to be looked at, not to be chosen from."""

    probability: float
    """Long from here up, short from 1 less this down."""
    trades: int
    wins: int
    total_return: float


class Importance(Struct, frozen=True, kw_only=True):
    """How much worse the last fold's log-loss is when one feature is shuffled; negative: the feature misled."""

    feature: str
    loss: float


class Against(Struct, frozen=True, kw_only=True):
    """The candidate beside the promoted model, on the same rows."""

    id: str
    how: str
    """`as it stands`, on bars it has not seen, or `its recipe`, fitted anew on the same folds."""
    rows: int
    current: float
    """Log-loss."""
    candidate: float


class Gate(Struct, frozen=True, kw_only=True):
    """Whether it may be promoted."""

    is_promotable: bool
    reason: str


class Times(Struct, frozen=True, kw_only=True):
    """What differs from one run of the same training to the next."""

    created_ms: int
    """Wall clock, UNIX milliseconds."""
    seconds: float


class Judgement(Struct, frozen=True, kw_only=True):
    """What is found of every model, whatever it has learnt from."""

    version: str
    kind: str
    instrument_id: str
    interval: str
    seed: int
    params: Mapping[str, float | int | bool]
    section: Mapping[str, float | int | str]
    """How it was judged: folds, embargo and so on."""
    feature_schema: str
    samples: Samples
    baselines: Mapping[str, Scores]
    """`majority`, the best constant answer, and `logistic`, out of sample."""
    folds: tuple[FoldReport, ...]
    calibration: str
    """Of the model that was saved."""
    reliability: tuple[Bin, ...]
    """Out of sample, calibrated."""
    reliability_raw: tuple[Bin, ...]
    """Out of sample, as the model said it."""
    importance: tuple[Importance, ...]
    """The largest first."""
    leak_tests: tuple[LeakTest, ...]
    current: Against | None
    """None: no model is promoted."""
    gate: Gate
    model_sha256: str
    times: Times

    def to_json(self) -> bytes:
        """Return the report as indented JSON."""
        return msgspec.json.format(msgspec.json.encode(self, order="deterministic"), indent=1) + b"\n"


class Report(Judgement, frozen=True, kw_only=True):
    """One training on bars."""

    label: Mapping[str, float | int | str]
    data: Source
    acted: float
    """Share of the out-of-sample probabilities beyond the node's `long_above` and `short_below`."""
    money: Earned
    held: Earned
    """Bought at the first judged close and sold at the last."""
    edge: Edge
    equity: tuple[Point, ...]
    """At most 500 points."""
    sweep: tuple[SweepPoint, ...]
