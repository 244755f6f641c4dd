"""Values of the bar that still grows: from fresh objects, because one that runs would take the bar for closed."""

import asyncio
import math
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any

import structlog

from actors.indicators.running import FAILURES, Grown, Running, Values, encode_row, values_of
from actors.indicators.track import STEP, Track
from actors.market import BarRow
from actors.turns import Turns

log = structlog.get_logger(__name__)

GAP_S = 0.5
"""Least seconds between two looks of one indicator at a bar that grows."""
REST = 19.0
"""Pause after a look, in times of what it took: growing values have at most a twentieth of the loop."""


class Growth:
    """Feeds a fresh object the last closed bars, as many as the indicator remembers, then the open one.

    That is the value which the indicator will have if nothing more trades; of one that sums up from the first bar the
    difference that the open bar makes is added to what it has. All that is wanted of one track is done together.
    """

    def __init__(self, turns: Turns, monotonic: Callable[[], float], told: Callable[[Track], None]) -> None:
        """Do nothing until something is wanted; `told` hears of every track that has new values."""
        self._turns = turns
        self._monotonic = monotonic
        self._told = told
        self._due: dict[Track, tuple[BarRow, set[Running]]] = {}
        self._task: asyncio.Task[None] | None = None

    def row(self, track: Track, running: Running, open_row: BarRow) -> bytes | None:
        """Return the encoded values of the open bar at the last look, if there was one; have it looked at again."""
        grown, now = running.grown, self._monotonic()
        is_known = grown is not None and (grown.after, grown.open_row.ts_open) == (track.last_open, open_row.ts_open)
        if grown is None or not is_known:
            self._want(track, running, open_row)
            return None
        if grown.open_row != open_row and now - grown.at >= GAP_S:
            self._want(track, running, open_row)
        return encode_row(running.wanted.kind.outputs, open_row.ts_open, grown.values, closed=False)

    def stop(self) -> None:
        """Do nothing more of what was wanted."""
        self._due.clear()
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _want(self, track: Track, running: Running, open_row: BarRow) -> None:
        _, wanted = self._due.get(track, (open_row, set()))
        wanted.add(running)
        self._due[track] = open_row, wanted
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        while self._due:
            track = next(iter(self._due))
            open_row, wanted = self._due.pop(track)
            spent = await self._turns.run(_steps(track, open_row, wanted, self._monotonic))
            self._told(track)
            await asyncio.sleep(spent * REST)


def _steps(track: Track, open_row: BarRow, wanted: set[Running], now: Callable[[], float]) -> Iterator[None]:
    last, age, count = track.last_open, track.age, len(track.rows)
    begin = max(0, count - max(one.wanted.memory for one in wanted))
    bars: list[Any] = []
    while begin + len(bars) < count and track.age == age:
        bars += track.bars(begin + len(bars), min(count, begin + len(bars) + STEP))
        yield
    open_bar = track.make_bar(open_row)
    for one in wanted:
        values = yield from _look(one, bars[-one.wanted.memory :], open_bar)
        if (track.last_open, track.age) != (last, age):
            return
        one.grown = Grown(open_row, last, values, now())


def _look(running: Running, bars: Sequence[Any], open_bar: Any) -> Generator[None, None, Values]:  # noqa: ANN401  # an engine bar
    """Return the values of the open bar; missing ones when the indicator raises."""
    nothing = (math.nan,) * len(running.columns)
    try:
        fresh = running.wanted.make()
        for number, bar in enumerate(bars):
            fresh.handle_bar(bar)
            if number % STEP == 0:
                yield
        before = values_of(fresh)
        fresh.handle_bar(open_bar)
        after = values_of(fresh)
    except Exception:
        FAILURES.inc()
        log.exception("indicator_failed", indicator=running.wanted.name)
        return nothing
    if not running.wanted.kind.is_cumulative or not len(running):
        return after
    return tuple(base + new - old for base, new, old in zip(running.row(-1), after, before, strict=True))
