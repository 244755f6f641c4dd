"""One indicator that runs: its object, and the values it gave after each bar."""

import math
from array import array
from collections.abc import Sequence
from typing import Any

import msgspec
import structlog
from msgspec import Struct
from prometheus_client import Counter

from actors.indicators.catalogue import Wanted
from actors.indicators.indicator import Indicator
from actors.market import BarRow
from actors.wire import IndicatorBody
from config.errors import InvalidInputError

log = structlog.get_logger(__name__)

type Values = tuple[float, ...]
"""One per output; NaN where there is none."""

KEPT = 1_000
"""Rows whose bytes are kept: what a channel sends anew to those who come."""
BARS = Counter("whisperer_indicator_bars_total", "Bars handed to indicators that run")
FAILURES = Counter("whisperer_indicator_failures_total", "Indicators that raised and were retired")


class Grown(Struct, frozen=True):
    """What an indicator would tell if the open bar closed as it is."""

    open_row: BarRow
    after: int
    """Open time of the newest closed bar, UNIX ns."""
    values: Values
    at: float
    """When, on a clock of seconds that only grows."""


class Running:
    """The values are columns beside the bars of a track: row i is what came after bar i. It survives what it raises."""

    def __init__(self, wanted: Wanted) -> None:
        """Start before the first bar.

        Raises:
            InvalidInputError: If the indicator refuses its parameters.
        """
        self.wanted = wanted
        self.is_ready = False
        """Whether it has taken every bar of its track."""
        self.failure: str | None = None
        """What it raised; then all later values are missing."""
        self.grown: Grown | None = None
        """The newest look at the open bar."""
        self.columns = tuple(array("d") for _ in wanted.kind.outputs)
        self._object = wanted.make()
        self._encoded: dict[int, bytes] = {}

    def __len__(self) -> int:
        return len(self.columns[0])

    def restart(self) -> None:
        """Begin anew before the first bar; what has failed is tried again."""
        self.is_ready = False
        self.failure = None
        self.grown = None
        self.columns = tuple(array("d") for _ in self.columns)
        self._encoded.clear()
        try:
            self._object = self.wanted.make()
        except InvalidInputError as e:
            self._fail(e)

    def feed(self, bars: Sequence[Any]) -> None:
        """Take the next engine bars."""
        wanted = len(self) + len(bars)
        if self.failure is None:
            try:
                self._take(bars)
            except Exception as e:  # noqa: BLE001  # the boundary between one indicator and all the others
                self._fail(e)
        if self.failure is not None:
            self._pad(wanted)
        BARS.inc(len(bars))

    def cut(self, count: int) -> None:
        """Forget the oldest rows."""
        for column in self.columns:
            del column[:count]

    def give_up(self, reason: str, count: int) -> None:
        """Have no value at any of `count` bars; `reason` says why."""
        self.failure = reason
        self.columns = tuple(array("d", [math.nan]) * count for _ in self.columns)
        self.is_ready = True

    def row(self, index: int) -> Values:
        """Return the values after a bar."""
        return tuple([column[index] for column in self.columns])

    def encoded(self, index: int, ts_open: int) -> bytes:
        """Return the wire bytes of a row, the newest of which are made once."""
        data = self._encoded.get(ts_open)
        if data is None:
            data = encode_row(self.wanted.kind.outputs, ts_open, self.row(index), closed=True)
            if len(self._encoded) >= KEPT:
                del self._encoded[next(iter(self._encoded))]
            self._encoded[ts_open] = data
        return data

    def _take(self, bars: Sequence[Any]) -> None:
        """Hand over bars, without calls of our own: it runs most of all."""
        handle, values, is_finite, nothing = self._object.handle_bar, self._object.values, math.isfinite, math.nan
        keep = [column.append for column in self.columns]
        count = len(keep)
        for bar in bars:
            handle(bar)
            found = values()
            if len(found) != count:
                raise ValueError(f"gave {len(found)} values for {count} outputs")
            for append, one in zip(keep, found):  # noqa: B905  # compared above
                append(nothing if one is None or not is_finite(one) else one)

    def _pad(self, count: int) -> None:
        """Have `count` rows, without values where there are none."""
        whole = min(map(len, self.columns))
        for column in self.columns:
            del column[whole:]
            column.extend([math.nan] * (count - whole))

    def _fail(self, error: Exception) -> None:
        self.failure = f"{type(error).__name__}: {error}"
        FAILURES.inc()
        log.error("indicator_failed", indicator=self.wanted.name, exc_info=error)


def encode_row(outputs: Sequence[str], ts_open: int, values: Values, *, closed: bool) -> bytes:
    """Return the wire bytes of the values at one bar (open time in UNIX ns); NaN becomes null."""
    return msgspec.json.encode(IndicatorBody(ts_open // 1_000_000, dict(zip(outputs, values, strict=True)), closed))


def values_of(indicator: Indicator) -> Values:
    """Return what an indicator tells now; what is missing or no finite number is NaN.

    Raises:
        ValueError: If it tells more or less than its outputs.
    """
    found = tuple([math.nan if one is None or not math.isfinite(one) else float(one) for one in indicator.values()])
    if len(found) != len(indicator.outputs):
        raise ValueError(f"gave {len(found)} values for {len(indicator.outputs)} outputs")
    return found
