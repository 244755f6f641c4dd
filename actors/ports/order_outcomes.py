"""Judged orders that are kept, and what became of them."""

from collections.abc import Sequence
from typing import Any, Literal, Protocol

from msgspec import Struct

from actors.screening.verdict import Recommendation

SOURCE = ""
"""Owner of the orders of the node's own source, which are everybody's."""


class ScreenedOrder(Struct, frozen=True, kw_only=True):
    """A judged order on its way to the file; the first judgement of an order stays."""

    prediction_id: str
    owner: str
    """Who asked."""
    order_id: str
    """As the caller names it."""
    symbol: str
    strategy: str
    """As the threshold table writes it."""
    ts: int
    """Of the order, UNIX nanoseconds."""
    probability: float | None
    """Of winning; None: abstained."""
    threshold: float
    recommendation: Recommendation
    model: str
    fields: dict[str, Any]
    """The order and its market, as training reads them."""
    learnable: bool
    """Whether strategy and market were known and of the same time, so that a model can learn from it."""


class OrderOutcome(Struct, frozen=True, kw_only=True):
    """What became of one."""

    prediction_id: str
    won: bool
    profit: float | None
    """After fees; None: not told."""
    ts_resolved: int
    """UNIX nanoseconds."""
    told_by: str
    is_correction: bool = False
    """Whether it takes the place of an earlier word."""


class KeptOrder(ScreenedOrder, frozen=True, kw_only=True):
    """A judged order as it is kept, with its outcome when it is known."""

    won: bool | None
    profit: float | None
    ts_resolved: int | None

    @property
    def is_right(self) -> bool | None:
        """Return whether it was predicted, by its threshold; None while nobody knows, and of an abstention."""
        if self.probability is None or self.won is None:
            return None
        return (self.probability >= self.threshold) == self.won


class OrderSpan(Struct, frozen=True, kw_only=True):
    """Which orders, by their times: UNIX nanoseconds, half-open."""

    owners: tuple[str, ...] | None = None
    """None: everybody's."""
    symbol: str | None = None
    strategy: str | None = None
    start: int | None = None
    end: int | None = None


class OrderTally(Struct, frozen=True, kw_only=True):
    """Orders of one strategy and symbol, summed."""

    strategy: str
    symbol: str
    state: Literal["open", "abstained", "known"]
    """`abstained`: the outcome is known, and there was no prediction."""
    count: int
    right: int
    """How many were predicted."""
    wins: int
    executed: int
    """Recommended to be sent."""
    executed_wins: int
    squares: float
    """Sum of (probability - outcome) squared."""
    profits: int
    """How many say their profit."""
    profit: float
    """Sum of those."""
    executed_profit: float
    days: int
    """Market days that the orders are of."""


class OrderOutcomes(Protocol):
    """The kept orders, as the bridge asks for them; every answer may raise `StoreUnavailableError`."""

    async def tell(
        self,
        key: str,
        *,
        owner: str,
        won: bool | None,
        profit: float | None,
        resolved: int | None,
        is_correction: bool,
    ) -> KeptOrder:
        """Note what became of an order and return it when that is on the disk; the same word again changes nothing.

        Args:
            key: Id of the prediction, or the order's own: then its newest one.
            owner: Who tells; orders of the source are everybody's.
            won: Whether it has won; None: as the profit says.
            profit: After fees.
            resolved: When it was known, UNIX nanoseconds; None: now.
            is_correction: Whether another word may be there already.

        Raises:
            InvalidInputError: If neither is told, they contradict each other, or it was known before its order.
            NotFoundError: If there is no such order.
            ConflictError: If another outcome was told.
        """

    async def orders(self, span: OrderSpan, limit: int, skip: int = 0) -> tuple[list[KeptOrder], bool]:
        """Return orders with outcomes, newest first, after leaving out `skip`, and whether there are older ones."""

    async def tallies(self, span: OrderSpan) -> Sequence[OrderTally]:
        """Return sums by strategy, symbol and state."""
