"""What a training found -> its report, and the model's metadata."""

import hashlib
from collections.abc import Sequence

import numpy as np
from msgspec import Struct, structs

from actors.signal.features import NAMES, SCHEMA, schema_hash
from actors.signal.golden import golden
from actors.signal.models.meta import Calibration, Golden, ModelMeta, Numbers
from actors.signal.training.bootstrap import Edge, edge
from actors.signal.training.calibrate import Calibrator, Platt
from actors.signal.training.compare import gate
from actors.signal.training.dataset import Dataset
from actors.signal.training.judge import Fitted, Judged, joined, judged_rows
from actors.signal.training.labels import Ints
from actors.signal.training.leaks import LeakTest
from actors.signal.training.learners import Learner
from actors.signal.training.metrics import Scores, reliability, scores
from actors.signal.training.report import (
    Against,
    Earned,
    FoldReport,
    Importance,
    Point,
    Report,
    Samples,
    Source,
    SweepPoint,
    Times,
)
from actors.signal.training.trading import Money, follow, hold
from actors.signal.training.wish import Wish
from config.version import VERSION

MAX_POINTS = 500
_MS = 1_000_000
_SWEEP = tuple(round(0.5 + step / 100.0, 2) for step in range(21))


class Findings(Struct, frozen=True, kw_only=True):
    """Everything that a training has found."""

    data: Dataset
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


class _Trade(Struct, frozen=True):
    """The money of the report."""

    own: Money
    held: Money
    edge: Edge
    sweep: tuple[SweepPoint, ...]


def report_of(wish: Wish, found: Findings) -> Report:
    """Return the report, its `times.seconds` still 0."""
    data, judged, section = found.data, found.judged, wish.section
    rows, p = found.rows, joined(judged, "test")
    y, samples = data.y[rows], _samples(data, judged)
    # a constant ranks nothing, although it is another one in each fold
    majority = structs.replace(scores(y, joined(judged, "majority")), auc=0.5)
    money = _money(found, wish)
    return Report(
        version=VERSION,
        kind=wish.kind,
        instrument_id=data.bars.instrument_id,
        interval=data.bars.interval.name,
        seed=wish.seed,
        params=found.learner.params,
        label=structs.asdict(section.label),
        section={name: getattr(section, name) for name in ("folds", "first", "embargo", "act_on")},
        data=_source(data),
        feature_schema=SCHEMA,
        samples=samples,
        baselines={"majority": majority, "logistic": scores(y, joined(judged, "logistic"))},
        folds=tuple(_fold(data, item) for item in judged),
        calibration=found.final.calibrator.kind,
        reliability=tuple(reliability(y, p)),
        reliability_raw=tuple(reliability(y, joined(judged, "raw"))),
        acted=float(np.mean((p > wish.long_above) | (p < wish.short_below))),
        money=_earned(money.own),
        held=_earned(money.held),
        edge=money.edge,
        equity=_points(data, rows, money),
        sweep=money.sweep,
        importance=found.importance,
        leak_tests=found.leak_tests,
        current=found.current,
        gate=gate(samples.out_of_sample, majority, found.current, found.leak_tests),
        model_sha256=hashlib.sha256(found.final.model).hexdigest(),
        times=Times(created_ms=wish.created_ms, seconds=0.0),
    )


def meta_of(wish: Wish, found: Findings, report: Report) -> ModelMeta:
    """Return the metadata of the model that is saved."""
    data, step = found.data, found.data.bars.interval
    first, last = data.bars.ts[data.index[0]], data.bars.ts[data.end[-1]]
    model = found.final.model
    return ModelMeta(
        id=f"{wish.kind}-{wish.created_ms}-{report.model_sha256[:8]}",
        kind=wish.kind,
        instrument_id=data.bars.instrument_id,
        interval=step.name,
        feature_schema=SCHEMA,
        feature_names=NAMES,
        schema_hash=schema_hash(),
        golden=Golden(features=golden(), probability=found.learner.answer(model)),
        created_ms=wish.created_ms,
        trained_from_ms=int(first) // _MS,
        trained_to_ms=step.close(int(last)) // _MS,
        data_sha256=data.bars.sha256,
        rows=len(data),
        params={**found.learner.params, "seed": wish.seed},
        label=structs.asdict(wish.section.label),
        calibration=_calibration(found.final.calibrator),
        scores={
            "training": _numbers(report.samples.training),
            "validation": _numbers(report.samples.validation),
            "out_of_sample": _numbers(report.samples.out_of_sample),
        },
        baselines={**{name: _numbers(item) for name, item in report.baselines.items()}, "buy_and_hold": _held(report)},
        edge=_edge(report),
        leak_tests={test.name: test.passed for test in report.leak_tests},
        is_promotable=report.gate.is_promotable,
        reason=report.gate.reason,
    )


def _source(data: Dataset) -> Source:
    bars = data.bars
    return Source(
        source=bars.source,
        sha256=bars.sha256,
        bars=len(bars),
        holes=int((~bars.is_next()).sum()),
        examples=len(data),
        effective=data.effective(np.arange(len(data))),
        first_ms=int(bars.ts[0]) // _MS,
        last_ms=bars.interval.close(int(bars.ts[-1])) // _MS,
    )


def _samples(data: Dataset, judged: Sequence[Judged]) -> Samples:
    def together(rows: Sequence[Ints], name: str) -> Scores:
        return scores(data.y[np.concatenate(rows)], joined(judged, name))

    calibrated = np.concatenate([item.fitted.validation for item in judged])
    return Samples(
        training=together([item.fold.fit for item in judged], "training"),
        validation=scores(data.y[np.concatenate([item.fold.validation for item in judged])], calibrated),
        out_of_sample=together([item.fold.test for item in judged], "test"),
    )


def _fold(data: Dataset, item: Judged) -> FoldReport:
    fold, y = item.fold, data.y

    def moment(row: int) -> int:
        return int(data.bars.ts[data.index[row]]) // _MS

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


def _money(found: Findings, wish: Wish) -> _Trade:
    data, rows, p = found.data, found.rows, joined(found.judged, "test")
    bars, index = data.bars.close, data.index[rows]
    thresholds = np.concatenate([np.full(len(item.test), item.threshold) for item in found.judged])
    fee = data.bars.fee
    own = follow(p, index, data.labels, bars, fee=fee, threshold=thresholds)
    held = hold(index, bars, fee)
    sweep = []
    for probability in _SWEEP:
        money = follow(p, index, data.labels, bars, fee=fee, threshold=probability - 0.5)
        sweep.append(
            SweepPoint(probability=probability, trades=money.trades, wins=money.wins, total_return=money.total)
        )
    block = 4 * wish.section.label.horizon
    return _Trade(own, held, edge(own, held, block=block, seed=wish.seed), tuple(sweep))


def _points(data: Dataset, rows: Ints, money: _Trade) -> tuple[Point, ...]:
    first = int(data.index[rows[0]])
    places = np.unique(np.linspace(0, len(money.own.returns) - 1, MAX_POINTS).astype(int))
    own, held, close = money.own.equity, money.held.equity, data.bars.interval.close
    return tuple(
        Point(ts=close(int(data.bars.ts[first + at])) // _MS, model=float(own[at]), held=float(held[at]))
        for at in places.tolist()
    )


def _earned(money: Money) -> Earned:
    return Earned(total_return=money.total, trades=money.trades, wins=money.wins, fees=money.fees)


def _calibration(calibrator: Calibrator) -> Calibration:
    if isinstance(calibrator, Platt):
        return Calibration(kind="platt", a=calibrator.a, b=calibrator.b)
    return Calibration(kind="isotonic", x=calibrator.x, y=calibrator.y)


def _numbers(item: Scores) -> Numbers:
    return structs.asdict(item)


def _held(report: Report) -> Numbers:
    return {"total_return": report.held.total_return}


def _edge(report: Report) -> Numbers:
    own, excess = report.edge.own, report.edge.excess
    return {
        "verdict": report.edge.word,
        "reason": report.edge.reason,
        "return": report.money.total_return,
        "trades": report.money.trades,
        "own_low": own.low,
        "own_high": own.high,
        "excess_low": excess.low,
        "excess_high": excess.high,
    }
