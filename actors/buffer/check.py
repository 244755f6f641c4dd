"""Is a bar or a tick believable? What is not is refused, counted and logged, but never loudly."""

import time
from collections.abc import Callable

import structlog
from prometheus_client import Counter

from actors.market import BarRow, Interval

log = structlog.get_logger(__name__)

REFUSED = Counter("whisperer_buffer_refused_total", "Bars and ticks refused as corrupt", ["kind", "reason"])
_QUIET_S = 10.0


def fault_of(row: BarRow) -> str | None:
    """Return why the numbers of a bar cannot be true, in one word for the metric, or None when they can."""
    low, high = row.low, row.high
    if low <= 0:
        return "not_positive"
    if not (low <= row.open <= high and low <= row.close <= high):
        return "out_of_range"
    return "negative_volume" if row.volume < 0 else None


def fault_in_history(row: BarRow, interval: Interval, after: int) -> str | None:
    """Return why a bar cannot follow one that opens at `after` (UNIX ns), or None when it can."""
    if row.ts_open <= after:
        return "unsorted"
    if interval.floor(row.ts_open) != row.ts_open:
        return "off_grid"
    return fault_of(row)


class Refusals:
    """Counts what is refused; logs the first of its kind and then one line in ten seconds with the number."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Start with nothing refused; `monotonic` gives seconds that only grow."""
        self._monotonic = monotonic
        self._logged: dict[tuple[str, str], float] = {}
        self._silent: dict[tuple[str, str], int] = {}

    def refuse(self, kind: str, reason: str, instrument_id: str, found: object) -> None:
        """Count one refused bar or tick of a `kind`; `found` shows it in the log."""
        REFUSED.labels(kind, reason).inc()
        key, now = (kind, reason), self._monotonic()
        if now - self._logged.get(key, -_QUIET_S) < _QUIET_S:
            self._silent[key] = self._silent.get(key, 0) + 1
            return
        self._logged[key] = now
        unsaid = self._silent.pop(key, 0)
        log.warning(
            "market_data_refused",
            kind=kind,
            reason=reason,
            instrument_id=instrument_id,
            found=str(found),
            unsaid=unsaid,
        )
