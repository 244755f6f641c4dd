"""Judged orders and what became of them: `ports.OrderOutcomes`, and what Prometheus hears of it."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import structlog

from actors.market import DAY_NS, MINUTE_NS
from actors.ports.order_outcomes import KeptOrder, OrderOutcome, OrderSpan, OrderTally, ScreenedOrder
from actors.screening.candidate import NAMES
from actors.screening.kept import kept_rows
from actors.screening.result import result_of
from actors.screening.verdict import Verdict
from actors.signal.outcomes.figures import ACCURACY, CONFIDENCE, LATENCY, OUTCOMES, PREDICTIONS
from config.errors import ConflictError, InvalidInputError, NodeError, NotFoundError, StoreUnavailableError

log = structlog.get_logger(__name__)


class Store(Protocol):
    """Where orders are kept; `actors/store/analyses/screened.py`."""

    @property
    def trouble(self) -> str | None:
        """Why nothing can be written at the moment; None when all is well."""

    def put(self, rows: Iterable[ScreenedOrder | OrderOutcome]) -> None:
        """Have rows written; returns at once."""

    async def settled(self) -> None:
        """Return when all that is here now has been written, or could not be."""

    async def find(self, key: str, owner: str) -> KeptOrder | None:
        """Return one's own order, or one of the source."""

    async def orders(self, span: OrderSpan, limit: int, skip: int = 0) -> tuple[list[KeptOrder], bool]:
        """Return orders with outcomes, newest first, and whether there are older ones."""

    async def right(self) -> Sequence[tuple[str, int, int]]:
        """Return of each strategy how many predictions came out, and how many of them as they were told."""

    async def tallies(self, span: OrderSpan) -> list[OrderTally]:
        """Return sums by strategy, symbol and state."""


class KeptOutcomes:
    """Implements `ports.OrderOutcomes`; one per process."""

    def __init__(self, store: Store, now_ns: Callable[[], int]) -> None:
        """Use a store.

        Args:
            store: Where orders are kept.
            now_ns: Market time.
        """
        self._store, self._now_ns = store, now_ns

    def record(self, verdicts: Sequence[Verdict]) -> None:
        """Keep verdicts and count them; returns at once."""
        self._store.put(kept_rows(verdicts))
        for verdict in verdicts:
            if verdict.probability is not None and verdict.snapshot is not None:
                strategy = NAMES[verdict.candidate.kind]
                PREDICTIONS.labels(strategy, verdict.snapshot.instrument_id).inc()
                CONFIDENCE.labels(strategy).observe(verdict.confidence)
                LATENCY.labels("order").observe(verdict.seconds)

    async def begin(self) -> None:
        """Have Prometheus know what earlier processes were told; what cannot be read is logged."""
        try:
            await self._store.settled()
            await self._measure()
        except NodeError as e:
            log.warning("order_outcomes_not_read", reason=str(e))

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
        """Note what became of an order and return it when that is on the disk; see `ports.OrderOutcomes`."""
        has_won = result_of(won, profit)
        found = await self._found(key, owner)
        if found.won is not None and not is_correction:
            return _same(found, has_won, profit)
        now_ns = max(self._now_ns(), found.ts + MINUTE_NS)
        ts = now_ns if resolved is None else resolved
        if not found.ts <= ts <= now_ns + DAY_NS:
            raise InvalidInputError("expected a time from the order to now, in market time", path="$.resolved")
        outcome = OrderOutcome(
            prediction_id=found.prediction_id,
            won=has_won,
            profit=profit,
            ts_resolved=ts,
            told_by=owner,
            is_correction=is_correction,
        )
        self._store.put([outcome])
        kept = _same(await self._found(found.prediction_id, owner), has_won, profit)
        if found.won is None:
            OUTCOMES.labels(kept.strategy, {None: "abstained", True: "right", False: "wrong"}[kept.is_right]).inc()
        await self._measure()
        return kept

    async def orders(self, span: OrderSpan, limit: int, skip: int = 0) -> tuple[list[KeptOrder], bool]:
        """Return orders with outcomes, newest first, after leaving out `skip`, and whether there are older ones."""
        return await self._store.orders(span, limit, skip)

    async def tallies(self, span: OrderSpan) -> Sequence[OrderTally]:
        """Return sums by strategy, symbol and state."""
        return await self._store.tallies(span)

    async def _found(self, key: str, owner: str) -> KeptOrder:
        """Return an order once all that came before is on the disk."""
        await self._store.settled()
        if (why := self._store.trouble) is not None:
            raise StoreUnavailableError(f"outcomes cannot be written: {why}")
        found = await self._store.find(key, owner)
        if found is None:
            raise NotFoundError(f"no judged order {key[:64]!r} of yours or of the source")
        return found

    async def _measure(self) -> None:
        for strategy, count, right in await self._store.right():
            ACCURACY.labels(strategy).set(right / count)


def _same(found: KeptOrder, won: bool, profit: float | None) -> KeptOrder:  # noqa: FBT001  # what somebody says
    """Return an order whose outcome is this one.

    Raises:
        ConflictError: If it is another one.
    """
    if (found.won, found.profit) != (won, profit):
        told = "won" if found.won else "lost"
        detail = "" if found.profit is None else f" with a profit of {found.profit:g}"
        raise ConflictError(f"another outcome was told: {told}{detail}; `replace` corrects it")
    return found
