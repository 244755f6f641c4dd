"""What a training on bars found -> its report: the common part, and the money that would have followed it."""

import numpy as np
from msgspec import Struct, structs

from actors.signal.models.meta import ModelMeta
from actors.signal.training.bootstrap import Edge, edge
from actors.signal.training.dataset import Dataset
from actors.signal.training.describe import Findings, edge_numbers, judgement_of, meta_of
from actors.signal.training.labels import Ints
from actors.signal.training.report import Earned, Point, Report, Source, SweepPoint
from actors.signal.training.trading import Money, follow, hold
from actors.signal.training.wish import Wish

MAX_POINTS = 500
_MS = 1_000_000
_SWEEP = tuple(round(0.5 + step / 100.0, 2) for step in range(21))


class _Trade(Struct, frozen=True):
    """The money of the report."""

    own: Money
    held: Money
    edge: Edge
    sweep: tuple[SweepPoint, ...]


def bar_report(wish: Wish, data: Dataset, found: Findings) -> Report:
    """Return the report, its `times.seconds` still 0."""
    section = wish.section
    judged = judgement_of(
        wish, found, {name: getattr(section, name) for name in ("folds", "first", "embargo", "act_on")}
    )
    money, p = _money(data, found, wish), found.p
    return Report(
        **structs.asdict(judged),
        label=structs.asdict(section.label),
        data=_source(data),
        acted=float(np.mean((p > wish.long_above) | (p < wish.short_below))),
        money=_earned(money.own),
        held=_earned(money.held),
        edge=money.edge,
        equity=_points(data, found.rows, money),
        sweep=money.sweep,
    )


def bar_meta(found: Findings, report: Report) -> ModelMeta:
    """Return the metadata of the model that is saved."""
    return meta_of(
        found,
        report,
        label=dict(report.label),
        edge=edge_numbers(report.edge, report.money.total_return, report.money.trades),
        simple={"buy_and_hold": {"total_return": report.held.total_return}},
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


def _money(data: Dataset, found: Findings, wish: Wish) -> _Trade:
    rows, p = found.rows, found.p
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
