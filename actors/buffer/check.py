"""Is a bar or a tick believable? What is not is refused, counted and logged, but never loudly."""

import time
from collections.abc import Callable, Hashable

import structlog
from prometheus_client import Counter

from actors.market import BarRow, Interval

log = structlog.get_logger(__name__)

REFUSED = Counter(
    "whisperer_buffer_refused_total", "Bars and ticks refused: corrupt, out of order, or sent twice", ["kind", "reason"]
)
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


class Quiet:
    """Logs the first of a kind and then one in ten seconds, with the number of those kept back."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Start with nothing logged; `monotonic` gives seconds that only grow."""
        self._monotonic = monotonic
        self._logged: dict[Hashable, float] = {}
        self._silent: dict[Hashable, int] = {}

    def info(self, event: str, **fields: object) -> None:
        """Log what is worth to be known; events of one name are one kind."""
        unsaid = self._unsaid(event)
        if unsaid is not None:
            log.info(event, **fields, unsaid=unsaid)

    def warning(self, event: str, same: Hashable, /, **fields: object) -> None:
        """Log what should not be; events of one name with the `same` are one kind."""
        unsaid = self._unsaid((event, same))
        if unsaid is not None:
            log.warning(event, **fields, unsaid=unsaid)

    def _unsaid(self, kind: Hashable) -> int | None:
        """Return how many of a kind were kept back when this one may be logged, or None when it may not."""
        now = self._monotonic()
        if now - self._logged.get(kind, -_QUIET_S) < _QUIET_S:
            self._silent[kind] = self._silent.get(kind, 0) + 1
            return None
        self._logged[kind] = now
        return self._silent.pop(kind, 0)


class Refusals:
    """Counts what is refused and logs it, never loudly."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Start with nothing refused; `monotonic` gives seconds that only grow."""
        self._quiet = Quiet(monotonic)

    def refuse(self, kind: str, reason: str, instrument_id: str, found: object) -> None:
        """Count one refused bar or tick of a `kind`; `found` shows it in the log."""
        REFUSED.labels(kind, reason).inc()
        about = {"kind": kind, "reason": reason, "instrument_id": instrument_id, "found": str(found)}
        self._quiet.warning("market_data_refused", (kind, reason), **about)
