"""Wire bodies of trained models: what each was made of, and how good it is, each sample apart."""

from typing import Literal

from msgspec import Struct

from actors.ports.model_keeper import KeptModel, ModelState
from actors.signal.models.meta import Numbers
from actors.wire import Millis


class PromotionBody(Struct, frozen=True, kw_only=True):
    """One change of the promoted model."""

    model_id: str
    action: Literal["promote", "rollback"]
    ts: Millis


class ModelBody(Struct, frozen=True, kw_only=True):
    """One trained model."""

    model_id: str
    kind: str
    """`gbt`, `lstm`, or that of a plug-in."""
    instrument_id: str
    interval: str
    state: ModelState
    """`promoted`: predictors use it; `earlier`: they did; `candidate`: never promoted."""
    is_promotable: bool
    reason: str
    """Why it may, or may not, be promoted."""
    training: Numbers | None
    """How well it knows what it was fitted to: no evidence of anything. Null when nobody has measured it."""
    validation: Numbers | None
    """On what its probabilities were calibrated with."""
    out_of_sample: Numbers | None
    """On what came later and nothing of it has seen: only this says how good it is."""
    baselines: dict[str, Numbers]
    """The same figures, out of sample, of what needs no model."""
    edge: Numbers
    leak_tests: Numbers
    against: Numbers
    """The model that was promoted when it was made (`id`) beside it on the same `rows`: log-losses `current` and
    `candidate`; `how`: `as it stands`, or `its recipe` fitted anew. Empty: there was none."""
    label: Numbers
    """What it is asked: barriers and horizon."""
    params: Numbers
    calibration: str
    feature_schema: str
    feature_count: int
    reference: str | None
    """Second instrument of its features."""
    session: str | None
    """Trading hours in its features."""
    rows: int
    """Examples learnt from."""
    data_sha256: str
    """Of the bars."""
    trained_from: Millis
    """Open time of the first bar learnt from, market time."""
    trained_to: Millis
    """Close time of the last one."""
    ts: Millis
    """When it was made, wall time."""
    report: str | None
    """Path of its report as a page; null when it was kept without one."""
    history: tuple[PromotionBody, ...]
    """Changes of the promoted model of its instrument, interval and kind, newest first."""


REPORT = "report.html"


def model_body(kept: KeptModel) -> ModelBody:
    """Return a model on the wire."""
    meta = kept.meta
    return ModelBody(
        model_id=meta.id,
        kind=meta.kind,
        instrument_id=meta.instrument_id,
        interval=meta.interval,
        state=kept.state,
        is_promotable=meta.is_promotable,
        reason=meta.reason,
        training=meta.scores.get("training"),
        validation=meta.scores.get("validation"),
        out_of_sample=meta.scores.get("out_of_sample"),
        baselines=meta.baselines,
        edge=meta.edge,
        leak_tests=meta.leak_tests,
        against=meta.against,
        label=meta.label,
        params=meta.params,
        calibration=meta.calibration.kind,
        feature_schema=meta.feature_schema,
        feature_count=len(meta.feature_names),
        reference=meta.reference,
        session=meta.session,
        rows=meta.rows,
        data_sha256=meta.data_sha256,
        trained_from=meta.trained_from_ms,
        trained_to=meta.trained_to_ms,
        ts=meta.created_ms,
        report=f"/api/v1/models/{meta.id}/report" if REPORT in meta.files else None,
        history=tuple(
            PromotionBody(model_id=change.id, action=change.action, ts=change.ts_ms)
            for change in reversed(kept.history)
        ),
    )
