"""History that was asked for not long ago, by this node or by one that shares its cache: recalled, not asked again."""

from collections.abc import Callable
from typing import override

import msgspec
from msgspec.structs import replace

from actors.buffer.source import Answer, Asked
from actors.market import SECOND_NS, BarRow, Interval
from actors.ports import Cache, CacheKind

KIND: CacheKind = "historical"
_Saved = tuple[bool, list[tuple[int, int, int, int, int, int]]]
_encode = msgspec.json.Encoder().encode  # whose whole numbers have no bounds, as volumes in exact units may need
_decode = msgspec.json.Decoder(_Saved).decode


class RecalledSource(Asked):
    """Asks the cache before the source about what is past for good; the present goes to the source at once.

    Past for good is a range that ended a lifetime ago in market time: younger bars may still be corrected or come
    late, and a gap among them is filled by asking again. After a jump back the range is not past, and not recalled.
    """

    def __init__(self, source: Asked, cache: Cache, now: Callable[[], int]) -> None:
        """Stand before a source.

        Args:
            source: Answers what is not recalled.
            cache: Of the process.
            now: Market time, UNIX nanoseconds.
        """
        self._source = source
        self._cache = cache
        self._now = now

    @override
    async def ask(
        self, instrument_id: str, interval: Interval, *, start: int | None, end: int | None, limit: int
    ) -> Answer:
        lifetime_s = self._cache.lifetime_s(KIND)

        async def ask() -> Answer:
            return await self._source.ask(instrument_id, interval, start=start, end=end, limit=limit)

        async def make() -> bytes:
            return _saved(await ask())

        if end is None or not self._is_past(interval, end, lifetime_s):
            return replace(await ask(), good_for_s=lifetime_s)
        key = f"bars:{instrument_id}:{interval.name}:{start}:{end}:{limit}"
        cached = await self._cache.get(KIND, key, make)
        try:
            is_all, rows = _decode(cached.value)
        except msgspec.MsgspecError:
            self._cache.drop(KIND, key)
            return replace(await ask(), good_for_s=lifetime_s)
        return Answer([BarRow(*row) for row in rows], is_all, cached.good_for_s)

    def _is_past(self, interval: Interval, end: int, lifetime_s: float) -> bool:
        closed = interval.close(interval.floor(end - 1))
        return closed + int(lifetime_s * SECOND_NS) <= self._now()


def _saved(answer: Answer) -> bytes:
    rows = [(row.ts_open, row.open, row.high, row.low, row.close, row.volume) for row in answer.rows]
    return _encode((answer.is_all, rows))
