"""What of a feed is believed: the one way of live trades and bars into the buffer and into market time."""

from collections.abc import Callable
from typing import Protocol

from actors.buffer.live import InstrumentBars
from actors.buffer.store import Buffer
from actors.clock import MarketClock


class Trade(Protocol):
    """A trade as whoever sends it has it; only shown, and told from others by its id."""

    @property
    def trade_id(self) -> object:
        """The venue's name of it."""


class Gate:
    """Refuses what cannot be true, so that one corrupt stamp moves neither market time nor a window.

    Stamps that go back are refused in a feed that promises order; so are those ahead of the latest believable one. A
    trade that comes twice in a row counts once.
    """

    def __init__(
        self, buffer: Buffer, clock: MarketClock, *, latest: Callable[[], int] | None = None, is_ordered: bool = True
    ) -> None:
        """Guard a buffer and market time.

        Args:
            buffer: Takes what is believed.
            clock: Market time; nobody else advances it.
            latest: Returns the latest believable stamp, UNIX ns; None believes every stamp.
            is_ordered: The feed promises stamps that never go back, across instruments.
        """
        self._buffer = buffer
        self._clock = clock
        self._latest = latest
        self._is_ordered = is_ordered
        self._newest: dict[str, tuple[int, Trade]] = {}

    def trade(self, bars: InstrumentBars, ts: int, price: int, size: int, trade: Trade) -> bool:
        """Take a trade (UNIX ns, exact units); return whether it was believed."""
        name = bars.instrument.instrument_id
        if price <= 0 or size <= 0:
            self._buffer.refusals.refuse("trade", "not_positive", name, trade)
            return False
        before = self._newest.get(name)
        if before is not None and before[0] == ts and before[1].trade_id == trade.trade_id:
            self._buffer.refusals.refuse("trade", "duplicate", name, trade)
            return False
        if not self._is_believable("trade", name, ts):
            return False
        self._newest[name] = ts, trade
        bars.trade(ts, price, size)
        return True

    def opened(self, bars: InstrumentBars, ts: int, bar: object) -> int | None:
        """Return when a bar of the base interval that closes at `ts` (UNIX ns) opened, or None: it is not believed."""
        name = bars.instrument.instrument_id
        ts_open = bars.base.interval.opened(ts)
        if ts_open is None:
            self._buffer.refusals.refuse("bar", "off_grid", name, bar)
            return None
        return ts_open if self._is_believable("bar", name, ts) else None

    def _is_believable(self, kind: str, instrument_id: str, ts: int) -> bool:
        """Return whether a stamp can be true; market time moves on then, and only then."""
        if ts < self._clock.now_ns and self._is_ordered:
            reason = "out_of_order"
        elif self._latest is not None and ts > self._latest():
            reason = "ahead_of_time"
        else:
            self._clock.advance(ts)
            self._buffer.advance(ts)
            return True
        self._buffer.refusals.refuse(kind, reason, instrument_id, ts)
        return False
