"""Orders that come by themselves: each is judged once, together with others that come at the same time."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Iterable, Sequence

import structlog
from prometheus_client import Counter

from actors.screening.candidate import Candidate
from actors.screening.verdict import Verdict

KEPT = 1_000
"""Newest verdicts that are kept to be read."""
SEEN = 10_000
"""Ids of orders that are known to have come already."""
WAITING = 1_000
"""Orders that wait; above it the oldest is dropped and counted."""

log = structlog.get_logger(__name__)
_came = Counter("whisperer_screening_orders_total", "Orders of the source, by what became of them", ["outcome"])


class Intake:
    """A batch leaves when it is full, or when no further order came for a while."""

    def __init__(
        self, screen: Callable[[Sequence[Candidate]], Awaitable[list[Verdict]]], *, batch: int, quiet_s: float
    ) -> None:
        """Start empty.

        Args:
            screen: Judges a batch.
            batch: Orders that leave together at the most.
            quiet_s: Fewer leave when no further one came for so long, wall seconds.
        """
        self._screen, self._batch, self._quiet_s = screen, batch, quiet_s
        self._waiting: deque[Candidate] = deque()
        self._came = asyncio.Event()
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._verdicts: deque[Verdict] = deque(maxlen=KEPT)

    def verdicts(self, limit: int) -> list[Verdict]:
        """Return the newest verdicts, newest first."""
        return [one for one, _ in zip(reversed(self._verdicts), range(limit), strict=False)]

    def offer(self, candidates: Iterable[Candidate]) -> int:
        """Take orders in whose ids have not come yet; return how many those are."""
        new = 0
        for one in candidates:
            if one.order_id in self._seen:
                self._seen.move_to_end(one.order_id)
                continue
            self._seen[one.order_id] = None
            if len(self._seen) > SEEN:
                self._seen.popitem(last=False)
            if len(self._waiting) >= WAITING:
                self._waiting.popleft()
                _came.labels("dropped").inc()
            self._waiting.append(one)
            new += 1
        if new:
            _came.labels("taken").inc(new)
            self._came.set()
        return new

    async def run(self) -> None:
        """Judge what comes, until cancelled; a batch that fails is logged and counted, and the next one judged."""
        while True:
            await self._gathered()
            batch = [self._waiting.popleft() for _ in range(min(self._batch, len(self._waiting)))]
            try:
                self._verdicts.extend(await self._screen(batch))
            except Exception:  # the boundary between one batch and those after it
                _came.labels("failed").inc(len(batch))
                log.exception("orders_not_screened", orders=len(batch))

    async def _gathered(self) -> None:
        """Wait until a batch may leave."""
        while len(self._waiting) < self._batch:
            self._came.clear()
            if not self._waiting:
                await self._came.wait()
                continue
            try:
                async with asyncio.timeout(self._quiet_s):
                    await self._came.wait()
            except TimeoutError:
                return
