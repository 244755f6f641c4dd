"""What every training found -> the common part of its report, and the model's metadata."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import get_args

import numpy as np
from msgspec import Struct, structs

from actors.signal.models.meta import Calibration, Golden, ModelMeta, Numbers, Sample
from actors.signal.training.bootstrap import Edge
from actors.signal.training.calibrate import Calibrator, Platt
from actors.signal.training.compare import gate
from actors.signal.training.examples import Examples
from actors.signal.training.judge import Fitted, Judged, joined, judged_rows
from actors.signal.training.labels import Floats, Ints
from actors.signal.training.leaks import LeakTest
from actors.signal.training.learners import Learner
from actors.signal.training.metrics import Scores, reliability, scores
from actors.signal.training.report import Against, FoldReport, Importance, Judgement, Samples, Times
from actors.signal.training.wish import Wish
from config.version import VERSION

_MS = 1_000_000
_SAMPLES: tuple[Sample, ...] = get_args(Sample)


class Findings(Struct, frozen=True, kw_only=True):
    """Everything that a training has found."""

    data: Examples
    learner: Learner
    judged: Sequence[Judged]
    final: Fitted
    """The model that is saved."""
    leak_tests: tuple[LeakTest, ...]
    importance: tuple[Importance, ...]
    current: Against | None

    @property
    def rows(self) -> Ints:
        """Return the rows that were judged."""
        return judged_rows(self.judged)

    @property
    def p(self) -> Floats:
        """Return their calibrated probabilities, out of sample."""
        return joined(self.judged, "test")


def judgement_of(wish: Wish, found: Findings, section: Mapping[str, float | int | str]) -> Judgement:
    """Return what every report tells, its `times.seconds` still 0.

    Args:
        wish: What was asked.
        found: What was found.
        section: How it was judged, as a person reads it.
    """
    data, judged = found.data, found.judged
    rows, p = found.rows, found.p
    y, samples = data.y[rows], _samples(data, judged)
    majority = scores(y, joined(judged, "majority"))
    if not data.group.any():  # a constant ranks nothing, although it is another one in each fold
        majority = structs.replace(majority, auc=0.5)
    return Judgement(
        version=VERSION,
        kind=wish.kind,
        instrument_id=data.origin.instrument_id,
        interval=data.origin.interval,
        seed=wish.seed,
        params=found.learner.params,
        section=section,
        feature_schema=data.schema.name,
        samples=samples,
        baselines={"majority": majority, "logistic": scores(y, joined(judged, "logistic"))},
        folds=tuple(_fold(data, item) for item in judged),
        calibration=found.final.calibrator.kind,
        reliability=tuple(reliability(y, p)),
        reliability_raw=tuple(reliability(y, joined(judged, "raw"))),
        importance=found.importance,
        leak_tests=found.leak_tests,
        current=found.current,
        gate=gate(samples.out_of_sample, majority, found.current, found.leak_tests),
        model_sha256=hashlib.sha256(found.final.model).hexdigest(),
        times=Times(created_ms=wish.created_ms, seconds=0.0),
    )


def meta_of(
    found: Findings, report: Judgement, *, label: Numbers, edge: Numbers, simple: Mapping[str, Numbers]
) -> ModelMeta:
    """Return the metadata of the model that is saved.

    Args:
        found: What was found.
        report: What is told of it.
        label: What the model is asked.
        edge: The verdict on its money.
        simple: What was earned without any model.
    """
    schema, origin = found.data.schema, found.data.origin
    return ModelMeta(
        id=f"{report.kind}-{report.times.created_ms}-{report.model_sha256[:8]}",
        kind=report.kind,
        instrument_id=origin.instrument_id,
        interval=origin.interval,
        feature_schema=schema.name,
        feature_names=schema.names,
        schema_hash=schema.hash,
        golden=Golden(features=schema.golden, probability=found.learner.answer(found.final.model)),
        created_ms=report.times.created_ms,
        trained_from_ms=origin.from_ns // _MS,
        trained_to_ms=origin.until_ns // _MS,
        data_sha256=origin.sha256,
        rows=len(found.data),
        params={**found.learner.params, "seed": report.seed},
        label=label,
        calibration=_calibration(found.final.calibrator),
        scores={name: structs.asdict(getattr(report.samples, name)) for name in _SAMPLES},
        baselines={**{name: structs.asdict(item) for name, item in report.baselines.items()}, **simple},
        edge=edge,
        leak_tests={test.name: test.passed for test in report.leak_tests},
        against={} if report.current is None else structs.asdict(report.current),
        is_promotable=report.gate.is_promotable,
        reason=report.gate.reason,
    )


def edge_numbers(edge: Edge, earned: float, trades: int) -> Numbers:
    """Return a verdict as the metadata has it."""
    return {
        "verdict": edge.word,
        "reason": edge.reason,
        "return": earned,
        "trades": trades,
        "own_low": edge.own.low,
        "own_high": edge.own.high,
        "excess_low": edge.excess.low,
        "excess_high": edge.excess.high,
    }


def _samples(data: Examples, judged: Sequence[Judged]) -> Samples:
    def together(rows: Sequence[Ints], name: str) -> Scores:
        return scores(data.y[np.concatenate(rows)], joined(judged, name))

    calibrated = np.concatenate([item.fitted.validation for item in judged])
    return Samples(
        training=together([item.fold.fit for item in judged], "training"),
        validation=scores(data.y[np.concatenate([item.fold.validation for item in judged])], calibrated),
        out_of_sample=together([item.fold.test for item in judged], "test"),
    )


def _fold(data: Examples, item: Judged) -> FoldReport:
    fold, y = item.fold, data.y

    def moment(row: int) -> int:
        return int(data.ts[row]) // _MS

    return FoldReport(
        fit_from_ms=moment(fold.fit[0]),
        fit_to_ms=moment(fold.fit[-1]),
        judged_from_ms=moment(fold.test[0]),
        judged_to_ms=moment(fold.test[-1]),
        calibration=item.fitted.calibrator.kind,
        threshold=item.threshold,
        training=scores(y[fold.fit], item.training),
        validation=scores(y[fold.validation], item.fitted.validation),
        out_of_sample=scores(y[fold.test], item.test),
        majority=scores(y[fold.test], item.majority),
        logistic=scores(y[fold.test], item.logistic),
    )


def _calibration(calibrator: Calibrator) -> Calibration:
    if isinstance(calibrator, Platt):
        return Calibration(kind="platt", a=calibrator.a, b=calibrator.b)
    return Calibration(kind="isotonic", x=calibrator.x, y=calibrator.y)
