"""Pages of values: from what runs, and for bars before that from an object made for the purpose."""

import math
from collections.abc import Iterator, Sequence

from msgspec import Struct

from actors.indicators.running import Running, Values, encode_row
from actors.indicators.track import STEP, Track
from actors.ports import Bars, BarsPage
from actors.turns import Turns
from actors.wire import decode_bar

MAX_BEFORE = 5_000
"""The most bars that are fetched before a page only to be remembered."""


class Older(Struct, frozen=True):
    """Where bars before the window come from."""

    bars: Bars
    place: tuple[str, str]
    turns: Turns

    async def values(self, track: Track, running: Running, rows: Sequence[bytes], opens: Sequence[int]) -> list[Values]:
        """Return the values at bars that follow each other, as an indicator has them that has run for long.

        Args:
            track: Makes the engine's bars.
            running: The indicator.
            rows: The encoded bars; they are read in turns, for there may be ten thousand.
            opens: Open times of them and of what follows, UNIX ns.

        Raises:
            VenueUnavailableError: If the bars before them cannot be had.
        """
        kind, nothing = running.wanted.kind, (math.nan,) * len(running.columns)
        if kind.is_cumulative or not rows:
            return [nothing] * len(rows)
        memory = min(running.wanted.memory, MAX_BEFORE)
        before = await self.bars.page(*self.place, start=None, end=opens[0], limit=memory)
        fresh = Running(running.wanted)
        await self.turns.run(_feed(fresh, track, [*before.rows, *rows]))
        return [fresh.row(index) for index in range(len(before.rows), len(fresh))]


async def rows_of(page: BarsPage, track: Track, running: Running, older: Older) -> list[bytes]:
    """Return the encoded values at the bars of a page, one row per bar."""
    opens = page.opens
    settled = _settled(track, running)
    split = sum(1 for ts in opens if ts < settled)
    recent = _recent(track, running, opens[split:])  # taken out at once: bars may be replaced while others are awaited
    values = await older.values(track, running, page.rows[:split], opens) + recent
    rows: list[bytes] = []
    await older.turns.run(_encode(rows, running, opens, values))
    return rows


def _recent(track: Track, running: Running, opens: Sequence[int]) -> list[Values]:
    """Return the values that an indicator has at bars of its track."""
    nothing = (math.nan,) * len(running.columns)
    index_of = {row.ts_open: index for index, row in enumerate(track.rows)} if opens else {}
    return [nothing if (index := index_of.get(ts)) is None else running.row(index) for ts in opens]


def _settled(track: Track, running: Running) -> int:
    """Return the open time from which it does not show any more with which bar the window begins, UNIX ns."""
    rows = track.rows
    if not rows or running.wanted.kind.is_cumulative:
        return rows[0].ts_open if rows else 0
    return rows[min(running.wanted.memory, len(rows) // 2)].ts_open


def _feed(fresh: Running, track: Track, rows: list[bytes]) -> Iterator[None]:
    for begin in range(0, len(rows), STEP):
        fresh.feed([track.make_bar(decode_bar(data)) for data in rows[begin : begin + STEP]])
        yield


def _encode(rows: list[bytes], running: Running, opens: Sequence[int], values: list[Values]) -> Iterator[None]:
    outputs = running.wanted.kind.outputs
    for number, (ts, row) in enumerate(zip(opens, values, strict=True)):
        rows.append(encode_row(outputs, ts, row, closed=True))
        if number % STEP == 0:
            yield
