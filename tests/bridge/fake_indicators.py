"""An indicator over the bars of a test that is there at once: the middle of each bar."""

import json
from typing import Any

from actors.bridge.channels.indicators import Indicators
from actors.market import BarRow
from tests.bridge.fakes import BTC, FakeBars

MIDDLES = f"indicators:{BTC}:1m:MIDDLE()"


class SmallIndicators(Indicators):
    """Values that are forgotten soon."""

    ring_size = 16
    snapshot_rows = 6


class FakeIndicators:
    """Every indicator is the middle of a bar, wherever there is a bar."""

    def __init__(self, bars: FakeBars) -> None:
        self._bars = bars

    def canonical(self, text: str) -> str:
        return text

    def ensure(self, instrument_id: str, interval: str, name: str) -> None:
        """They always are."""

    def hold(self, instrument_id: str, interval: str, name: str, reader: str) -> None:
        """They always are."""

    def release(self, instrument_id: str, interval: str, name: str, reader: str) -> None:
        """They stay."""

    def is_ready(self, instrument_id: str, interval: str, name: str) -> bool:
        return self._bars.is_loaded(instrument_id, interval)

    def recent(self, instrument_id: str, interval: str, name: str, count: int) -> tuple[list[bytes], list[int]]:
        rows = self._bars.rows(instrument_id, interval, count)
        return [json.dumps(middle(row)).encode() for row in rows], [row.ts_open for row in rows]

    def growing(self, instrument_id: str, interval: str, name: str) -> bytes | None:
        row = self._bars.growing.get((instrument_id, interval))
        return None if row is None else json.dumps(middle(row, closed=False)).encode()


def middle(row: BarRow, *, closed: bool = True) -> dict[str, Any]:
    """The body of one bar's value."""
    return {"t": row.ts_open // 1_000_000, "values": {"value": (row.high + row.low) / 2}, "closed": closed}
