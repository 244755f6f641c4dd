"""Asks the configured address for orders: one question at a time, and none for a while when it keeps failing."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

import structlog
from prometheus_client import Counter, Gauge

from actors.screening.candidate import Candidate
from actors.screening.forms import read_answer
from actors.screening.intake import Intake
from actors.screening.verdict import Verdict
from actors.signal.outside.breaker import Breaker
from actors.signal.outside.call import Reply, UnreachableError
from actors.signal.outside.opinion import LieError
from config.errors import InvalidInputError
from config.screening import OrderSource

_OK = 200
log = structlog.get_logger(__name__)
_polls = Counter("whisperer_screening_polls_total", "Questions to the source of orders", ["outcome"])
_up = Gauge("whisperer_screening_source_up", "Whether the source of orders answered the last question, 1 or 0")
_refused = Counter("whisperer_screening_orders_refused_total", "Orders of the source that could not be read")


class Get(Protocol):
    """Sends one GET, follows no redirect."""

    async def __call__(self, url: str, headers: Mapping[str, str], *, most_bytes: int) -> Reply:
        """Return the answer; raises UnreachableError and LieError."""


class Polling:
    """The source of orders."""

    def __init__(
        self,
        source: OrderSource,
        get: Get,
        intake: Intake,
        *,
        key: str | None,
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare; nothing is asked yet.

        Args:
            source: What is asked, how often, and where the fields are.
            get: Sends a request.
            intake: Takes the orders in.
            key: Bearer token; None: none is sent.
            monotonic: Seconds that only grow.
            sleep: Waits.
            on_change: Told when trouble begins or ends.
        """
        self._source, self._get, self._intake = source, get, intake
        self._headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        self._monotonic, self._sleep, self._on_change = monotonic, sleep, on_change
        self._breaker = Breaker(monotonic)
        self._trouble: str | None = None

    def verdicts(self, limit: int) -> list[Verdict]:
        """Return the newest verdicts, newest first."""
        return self._intake.verdicts(limit)

    @property
    def trouble(self) -> str | None:
        """Why the last question failed, in words; None when it did well."""
        return self._trouble

    async def run(self) -> None:
        """Ask every `interval_s` until cancelled; a question that takes longer is followed at once."""
        while True:
            began = self._monotonic()
            if self._breaker.allows():
                await self.poll()
            await self._sleep(max(0.0, began + self._source.interval_s - self._monotonic()))

    async def poll(self) -> None:
        """Ask once, after `Breaker.allows`; whatever fails is counted, and logged when it begins."""
        try:
            async with asyncio.timeout(self._source.timeout_s):
                limit = self._source.max_answer_bytes
                reply = await self._get(self._source.url, self._headers, most_bytes=limit)
            found = _orders(reply, self._source)
        except asyncio.CancelledError:
            self._breaker.release()
            raise
        except TimeoutError:
            self._failed(f"no answer within {self._source.timeout_s:g} s")
        except (UnreachableError, LieError, InvalidInputError) as e:
            self._failed(str(e))
        else:
            self._breaker.succeed()
            _polls.labels("ok").inc()
            self._note(None)
            self._take(found)

    def _take(self, found: list[Candidate | InvalidInputError]) -> None:
        odd = [one for one in found if isinstance(one, InvalidInputError)]
        if odd:
            _refused.inc(len(odd))
            log.warning("orders_not_read", orders=len(odd), first=str(odd[0])[:200])
        self._intake.offer(one for one in found if isinstance(one, Candidate))

    def _failed(self, why: str) -> None:
        self._breaker.fail()
        _polls.labels("failed").inc()
        self._note(why)

    def _note(self, trouble: str | None) -> None:
        """Remember how the last question went; what begins or ends is logged and told."""
        is_news = (trouble is None) != (self._trouble is None)
        self._trouble = trouble
        _up.set(trouble is None)
        if not is_news:
            return
        if trouble is None:
            log.info("order_source_recovered", url=self._source.url)
        else:
            log.warning("order_source_failed", url=self._source.url, reason=trouble)
        self._on_change()


def _orders(reply: Reply, source: OrderSource) -> list[Candidate | InvalidInputError]:
    if reply.status != _OK:
        raise UnreachableError(f"HTTP {reply.status}")
    return read_answer(reply.body, source)
