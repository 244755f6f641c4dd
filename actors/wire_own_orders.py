"""What goes over the wire of orders that are judged before they are sent: the user's choice, and the verdicts."""

from typing import Literal

from msgspec import Struct

from actors.orders import OrderSide
from actors.ports import OrderVerdict, ScreeningState
from actors.wire import Millis

_MS = 1_000_000


class OwnVerdict(Struct, frozen=True, kw_only=True):
    """What the signals said of one order of a strategy, before it was sent."""

    instrument_id: str
    side: OrderSide
    recommendation: Literal["EXECUTE", "SKIP"]
    """`SKIP`: it was denied."""
    probability: float | None
    """That its side wins, 0 to 1; null: the signals had no word, `reasons` says why."""
    threshold: float | None
    """It goes above."""
    reasons: tuple[str, ...]
    bar_type: str
    """Of the signal; empty without one."""
    ts: Millis


class TraderScreening(Struct, frozen=True, kw_only=True):
    """Orders of strategies that open or increase a position, judged by the newest signal before they are sent."""

    enabled: bool
    threshold: float | None
    """Win probability above which an order goes; null: the thresholds of the signal's settings."""
    strict: bool
    """Whether an order is denied as well when the signals have no word; else it goes."""
    executed: int
    """Orders since the start that were let through."""
    skipped: int
    abstained: int
    """Without a word of the signals; in neither of the other two."""
    last: OwnVerdict | None
    """The newest verdict since the start."""


def screening_body(state: ScreeningState) -> TraderScreening:
    """Return the wire form of a trader's screening."""
    return TraderScreening(
        enabled=state.choice.enabled,
        threshold=state.choice.threshold,
        strict=state.choice.strict,
        executed=state.executed,
        skipped=state.skipped,
        abstained=state.abstained,
        last=None if state.last is None else verdict_body(state.last),
    )


def verdict_body(verdict: OrderVerdict) -> OwnVerdict:
    """Return the wire form of a verdict."""
    return OwnVerdict(
        instrument_id=verdict.instrument_id,
        side=verdict.side,
        recommendation=verdict.recommendation,
        probability=verdict.probability,
        threshold=verdict.threshold,
        reasons=verdict.reasons,
        bar_type=verdict.bar_type,
        ts=verdict.ts // _MS,
    )
