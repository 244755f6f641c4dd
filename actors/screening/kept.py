"""Verdicts -> rows that are kept, as training reads them again."""

from collections.abc import Iterable, Sequence
from typing import Any

from actors.market import DAY_NS
from actors.ports.order_outcomes import KeptOrder, ScreenedOrder
from actors.screening.candidate import NAMES
from actors.screening.verdict import Verdict

_MS = 1_000_000
_NEAR_NS = 366 * DAY_NS
"""An order whose own time is farther from that of the market is of another market."""
_SAID = ("premium", "predicted_price", "quantity", "short_term", "long_term", "risk", "reward", "option_type")
_MARKET = ("price", "volatility_level", "volatility_distance", "volatility_change")


def kept_rows(verdicts: Iterable[Verdict]) -> list[ScreenedOrder]:
    """Return the rows of verdicts."""
    return [_row(one) for one in verdicts]


def past_row(kept: KeptOrder) -> dict[str, Any]:
    """Return an order with its outcome as a row of a file of past orders."""
    resolved = None if kept.ts_resolved is None else kept.ts_resolved // _MS
    told = {"won": None if kept.won is None else int(kept.won), "profit": kept.profit, "resolved": resolved}
    return kept.fields | {name: value for name, value in told.items() if value is not None}


def _row(verdict: Verdict) -> ScreenedOrder:
    candidate = verdict.candidate
    return ScreenedOrder(
        prediction_id=verdict.prediction_id,
        owner=verdict.owner,
        order_id=candidate.order_id,
        symbol=candidate.symbol.upper(),
        strategy=NAMES[candidate.kind],
        ts=verdict.order_ts,
        probability=verdict.probability,
        threshold=verdict.threshold,
        recommendation=verdict.recommendation,
        model="" if verdict.probability is None else verdict.model,
        fields=_fields(verdict),
        learnable=_is_learnable(verdict),
    )


def _is_learnable(verdict: Verdict) -> bool:
    is_near = abs(verdict.order_ts - verdict.ts) <= _NEAR_NS
    return is_near and verdict.snapshot is not None and verdict.candidate.kind != "unknown"


def _fields(verdict: Verdict) -> dict[str, Any]:
    """Return the columns of a file of past orders that are known when an order is judged."""
    candidate, snapshot = verdict.candidate, verdict.snapshot
    fields: dict[str, Any] = {
        "id": verdict.prediction_id,
        "timestamp": verdict.order_ts // _MS,
        "symbol": candidate.symbol,
        "strategy": candidate.strategy,
        "action": candidate.side,
        "strikes": _strikes(candidate.strikes),
    }
    fields |= {name: getattr(candidate, name) for name in _SAID}
    if snapshot is not None:
        fields |= {name: getattr(snapshot.market, name) for name in _MARKET}
    return {name: value for name, value in fields.items() if value is not None}


def _strikes(strikes: Sequence[float]) -> list[float] | None:
    return list(strikes) or None
