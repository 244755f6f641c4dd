"""What a training on orders found -> its report and the model's metadata."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from msgspec import Struct, structs

from actors.screening.candidate import NAMES as STRATEGIES
from actors.screening.training.examples import HOUR_NS, OrderExamples
from actors.screening.training.report import OrderPoint, OrderReport, OrderSweep, Part, PastSource, Taken
from actors.screening.training.wish import OrderWish
from actors.signal.models.meta import ModelMeta
from actors.signal.training.bootstrap import Edge, Interval, edge
from actors.signal.training.describe import Findings, edge_numbers, judgement_of, meta_of
from actors.signal.training.judge import joined
from actors.signal.training.labels import Floats, Ints, Mask
from actors.signal.training.metrics import log_loss

MAX_POINTS = 500
MOST_SYMBOLS = 20
_MS = 1_000_000
_SWEEP = tuple(round(0.3 + step / 20.0, 2) for step in range(14))
_NOT_KNOWN = Interval(0.0, 0.0)


class _Judged(Struct, frozen=True):
    """The orders that were judged; columns of shape (n,)."""

    y: Ints
    p: Floats
    same: Floats
    """The answer that needs no model."""
    profit: Floats | None
    ts: Ints
    executed: Mask


class _Sent(Struct, frozen=True):
    """One way to have sent them, as `edge` asks it."""

    returns: Floats
    trades: int


def order_report(wish: OrderWish, data: OrderExamples, found: Findings) -> OrderReport:
    """Return the report, its `times.seconds` still 0."""
    section, rows, p = wish.section, found.rows, found.p
    judged = judgement_of(
        wish,
        found,
        {
            "folds": section.folds,
            "first": section.first,
            "embargo_h": section.orders.embargo_h,
            "lasts_h": section.orders.lasts_h,
        },
    )
    profit = None if data.profit is None else data.profit[rows]
    seen = _Judged(data.y[rows], p, joined(found.judged, "majority"), profit, data.ts[rows], p > wish.execute_above)
    orders = [data.past.orders[row] for row in rows.tolist()]
    return OrderReport(
        **structs.asdict(judged),
        data=_source(data),
        session=wish.session,
        execute_above=wish.execute_above,
        executed=_taken(seen, seen.executed),
        every=_taken(seen, np.ones(len(p), np.bool_)),
        edge=_edge(data, rows, seen, wish.seed),
        equity=_points(seen),
        sweep=tuple(OrderSweep(probability=limit, executed=_taken(seen, p > limit)) for limit in _SWEEP),
        strategies=_parts(seen, [STRATEGIES[order.candidate.kind] for order in orders]),
        symbols=_parts(seen, [order.candidate.symbol.upper() for order in orders])[:MOST_SYMBOLS],
    )


def order_meta(found: Findings, report: OrderReport) -> ModelMeta:
    """Return the metadata of the model that is saved."""
    every = report.every
    meta = meta_of(
        found,
        report,
        label={"question": "profit after fees above 0", "volatility": report.data.has_volatility},
        edge=edge_numbers(report.edge, report.executed.profit or 0.0, report.executed.orders),
        simple={"every_order": {"orders": every.orders, "wins": every.wins, "profit": every.profit}},
    )
    return structs.replace(meta, session=report.session)


def _source(data: OrderExamples) -> PastSource:
    orders = data.past.orders
    return PastSource(
        source=data.past.source,
        sha256=data.past.sha256,
        orders=len(data),
        effective=data.effective(np.arange(len(data))),
        won=float(data.y.mean()),
        first_ms=int(data.ts[0]) // _MS,
        last_ms=int(data.ts[-1]) // _MS,
        ends_assumed=sum(order.resolved is None for order in orders),
        hours_open=float(np.mean(data.end - data.index)) * data.origin.slot_ns / HOUR_NS,
        has_volatility=data.has_volatility,
        has_profits=data.profit is not None,
    )


def _taken(seen: _Judged, mask: Mask) -> Taken:
    profit = None if seen.profit is None else float(seen.profit[mask].sum())
    return Taken(orders=int(mask.sum()), wins=int(seen.y[mask].sum()), profit=profit)


def _edge(data: OrderExamples, rows: Ints, seen: _Judged, seed: int) -> Edge:
    """Compare the orders it lets through with all of them; orders that are open together are drawn together."""
    if seen.profit is None:
        return Edge(
            word="inconclusive", reason="not every order says what it earned", own=_NOT_KNOWN, excess=_NOT_KNOWN
        )
    span = int(data.index[rows[-1]] - data.index[rows[0]]) + 1
    together = len(rows) * float(np.mean(data.end[rows] - data.index[rows])) / span
    own = _Sent(np.where(seen.executed, seen.profit, 0.0), int(seen.executed.sum()))
    every = _Sent(seen.profit, len(rows))
    return edge(own, every, block=max(1, round(4.0 * together)), seed=seed, other="all orders")


def _points(seen: _Judged) -> tuple[OrderPoint, ...]:
    if seen.profit is None:
        return ()
    own, every = np.cumsum(np.where(seen.executed, seen.profit, 0.0)), np.cumsum(seen.profit)
    places = np.unique(np.linspace(0, len(own) - 1, MAX_POINTS).astype(int))
    return tuple(
        OrderPoint(ts=int(seen.ts[at]) // _MS, model=float(own[at]), every=float(every[at])) for at in places.tolist()
    )


def _parts(seen: _Judged, names: Sequence[str]) -> tuple[Part, ...]:
    column = np.array(names)
    return tuple(_part(seen, name, column == name) for name, _ in Counter(names).most_common())


def _part(seen: _Judged, name: str, mask: Mask) -> Part:
    y, p = seen.y[mask], seen.p[mask]
    return Part(
        name=name,
        every=_taken(seen, mask),
        executed=_taken(seen, mask & seen.executed),
        predicted=float(p.mean()),
        log_loss=log_loss(y, p),
        same_answer=log_loss(y, seen.same[mask]),
        brier=float(np.mean((p - y) ** 2)),
    )
