"""Where bars come from when memory does not have them: asked, timed, checked."""

import asyncio
from math import inf
from time import perf_counter
from typing import Protocol, override

from msgspec import Struct
from prometheus_client import Counter, Histogram

from actors.buffer.check import Refusals, fault_in_history
from actors.market import BarRow, Interval
from config.errors import VenueUnavailableError

ASKED = Counter("whisperer_source_requests_total", "Questions to the data source", ["outcome"])
ASK_TIME = Histogram(
    "whisperer_source_request_seconds",
    "Time of answered questions to the data source",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20),
)

PAGE = 2_000
"""The most bars of one question: the engine makes all of an answer in one turn of the loop."""
TURN = 1_000
"""Bars handled in one turn of the loop; then others have theirs."""


class Source(Protocol):
    """A market that can be asked for history."""

    async def bars(
        self, instrument_id: str, interval: str, start: int | None, end: int | None, limit: int
    ) -> list[BarRow]:
        """Return closed bars with start <= open < end (UNIX ns), the newest `limit` of them, oldest first.

        With `start` alone the oldest `limit` from there. Fewer than `limit` means that there are no more.

        Raises:
            VenueUnavailableError: If it does not answer.
        """


class Answer(Struct, frozen=True):
    """What a source said."""

    rows: list[BarRow]
    """Believable bars within the range asked for, oldest first."""
    is_all: bool
    """True when the source has no more in the range."""
    good_for_s: float = inf
    """Wall seconds after which it is too old to be given to anybody."""


class Asked(Protocol):
    """A source, or what stands before it."""

    async def ask(
        self, instrument_id: str, interval: Interval, *, start: int | None, end: int | None, limit: int
    ) -> Answer:
        """Ask as `Source.bars` does."""


class CheckedSource(Asked):
    """The source attached at the moment; what it says is checked row by row."""

    def __init__(self, refusals: Refusals) -> None:
        """Start without a source."""
        self.source: Source | None = None
        """None while no node is attached."""
        self._refusals = refusals

    @override
    async def ask(
        self, instrument_id: str, interval: Interval, *, start: int | None, end: int | None, limit: int
    ) -> Answer:
        """Ask as `Source.bars` does.

        Raises:
            VenueUnavailableError: If nothing is attached, or it does not answer.
        """
        if self.source is None:
            raise VenueUnavailableError("the market is not connected", retry_after_s=1.0)
        began = perf_counter()
        try:
            rows = await self.source.bars(instrument_id, interval.name, start, end, limit)
        except VenueUnavailableError:
            ASKED.labels("failed").inc()
            raise
        ASKED.labels("answered").inc()
        ASK_TIME.observe(perf_counter() - began)
        is_all = len(rows) < limit
        return Answer(await self._believable(instrument_id, interval, _within(rows, start, end)), is_all)

    async def _believable(self, instrument_id: str, interval: Interval, rows: list[BarRow]) -> list[BarRow]:
        kept: list[BarRow] = []
        before = -1
        for index, row in enumerate(rows, 1):
            if index % TURN == 0:
                await asyncio.sleep(0)
            fault = fault_in_history(row, interval, before)
            if fault is None:
                kept.append(row)
                before = row.ts_open
            else:
                self._refusals.refuse("history", fault, instrument_id, row)
        return kept


def _within(rows: list[BarRow], start: int | None, end: int | None) -> list[BarRow]:
    return [row for row in rows if (start is None or row.ts_open >= start) and (end is None or row.ts_open < end)]
