"""What is known of one trained model; written beside its files, so it is read as somebody else's input."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from config.fields import InstrumentName, IntervalName

ModelId = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z")]
KindName = Annotated[str, Meta(pattern=r"\A[a-z][a-z0-9_]{0,15}\Z")]
"""`gbt`, `lstm`, or that of somebody's plug-in."""
FileName = Annotated[str, Meta(pattern=r"\A[a-z][a-z0-9_-]{0,30}\.[a-z0-9]{1,8}\Z")]
Digest = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
"""SHA-256, hex."""
Millis = Annotated[int, Meta(ge=0, lt=253_402_300_800_000)]
"""UNIX milliseconds before the year 10000: such as every clock and calendar takes."""
Numbers = dict[str, float | int | str | bool | None]
"""Figures by name; what they mean is told where they are made."""
Sample = Literal["training", "validation", "out_of_sample"]


class Strict(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all parts: immutable, and an unknown key is an error."""


class Calibration(Strict, frozen=True, kw_only=True):
    """From what the model says to how often it is right (`calibration.py` applies it)."""

    kind: Literal["none", "platt", "isotonic"] = "none"
    a: float = 1.0
    """Of `platt`: p = sigmoid(a * logit(raw) + b)."""
    b: float = 0.0
    x: tuple[float, ...] = ()
    """Of `isotonic`: raw probabilities, growing; between two of them it is linear, beyond the ends level."""
    y: tuple[float, ...] = ()
    """Of `isotonic`: the probabilities at `x`, never falling."""


class Golden(Strict, frozen=True, kw_only=True):
    """What features and model gave for the shipped golden bars when the model was trained.

    A node that gets something else computes differently and must not use the model.
    """

    features: tuple[float, ...]
    """Vector of the last golden bar."""
    probability: float
    """Of the model at that bar, before calibration."""


class ModelMeta(Strict, frozen=True, kw_only=True):
    """One trained model."""

    id: ModelId
    kind: KindName
    instrument_id: InstrumentName
    interval: IntervalName
    feature_schema: str
    """Name and version, for example `bars-v2`."""
    feature_names: tuple[str, ...]
    schema_hash: str
    reference: InstrumentName | None = None
    """Second instrument whose bars are in the features; a stream with another one, or none, must not use the model."""
    session: str | None = None
    """Trading hours that are in the features; likewise."""
    golden: Golden
    created_ms: Millis
    """Wall clock, UNIX milliseconds."""
    trained_from_ms: Millis
    """Open time of the first bar learnt from, UNIX milliseconds of market time."""
    trained_to_ms: Millis
    """Close time of the last bar learnt from."""
    data_sha256: str
    """Of the bars."""
    rows: Annotated[int, Meta(ge=0, lt=2**53)]
    """Examples."""
    params: Numbers = field(default_factory=dict)
    label: Numbers = field(default_factory=dict)
    """Barriers and horizon."""
    calibration: Calibration = Calibration()
    scores: dict[Sample, Numbers] = field(default_factory=dict)
    """Training, validation and out-of-sample are never mixed."""
    baselines: dict[str, Numbers] = field(default_factory=dict)
    """The same figures, out of sample, of what needs no model."""
    edge: Numbers = field(default_factory=dict)
    """`verdict` yes, no or inconclusive, with the interval it rests on."""
    leak_tests: Numbers = field(default_factory=dict)
    against: Numbers = field(default_factory=dict)
    """The model that was promoted then, `id`, and log-losses on the same `rows`: `current` and `candidate`; `how` it
    was asked. Empty: there was none."""
    is_promotable: bool = False
    reason: str = ""
    """Why it may, or may not, be promoted."""
    files: dict[FileName, Digest] = field(default_factory=dict)
    """Name -> SHA-256; the registry fills it in."""
