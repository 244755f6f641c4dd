"""`bars:<instrument_id>:<interval>`: closed bars in order, and the open one as it grows."""

from bisect import bisect_right
from typing import ClassVar, override

from actors.bridge.channel import Channel, channels
from actors.bridge.context import Context
from actors.bridge.wire_messages import BarsSnapshot, BarUpdate
from config.errors import UnknownChannelError


@channels.register("bars")
class Bars(Channel):
    """Bars of one instrument and interval; the buffer keeps them, this remembers up to where they were sent."""

    kind = "mixed"
    forms = ("bars:{instrument_id}:{interval}",)
    update = BarUpdate
    snapshot_message = BarsSnapshot
    snapshot_rows: ClassVar[int] = 500
    """Closed bars of a snapshot."""

    def __init__(self, context: Context, params: tuple[str, ...], owner: str) -> None:
        """Check instrument and interval."""
        super().__init__(context, params, owner)
        if len(params) != 2:  # noqa: PLR2004  # instrument and interval
            raise UnknownChannelError("a channel of bars is bars:<instrument_id>:<interval>")
        self.instrument_id, self.interval = params
        context.bars.check(self.instrument_id, self.interval)
        self._has_ticks = context.config.features.real_time_data
        self._sent_until: int | None = None

    @override
    def start(self) -> None:
        self.context.bars.hold(self.instrument_id, self.interval, "subscribers")

    @override
    def stop(self) -> None:
        self.context.bars.release(self.instrument_id, self.interval, "subscribers")

    @override
    def restarted(self) -> None:
        self._sent_until = None

    @override
    def is_ready(self) -> bool:
        return self.context.bars.is_loaded(self.instrument_id, self.interval)

    @override
    def snapshot(self) -> list[bytes]:
        rows, opens = self.context.bars.recent(self.instrument_id, self.interval, self.snapshot_rows)
        if self._sent_until is None:
            self._sent_until = opens[-1] if opens else 0
        items = rows[: bisect_right(opens, self._sent_until)]
        newest = self.newest()
        return items if newest is None else [*items, newest]

    @override
    def newest(self) -> bytes | None:
        if not self._has_ticks or not self.is_ready():
            return None
        return self.context.bars.open_bar(self.instrument_id, self.interval)

    def unsent(self) -> list[bytes] | None:
        """Return the closed bars that came since the last one sent, oldest first; they count as sent now.

        Returns:
            Nothing before the first snapshot, which holds them, nor while the window loads. None when the window
            does not go on from the last one sent, as after a jump of market time: only a new snapshot helps.
        """
        last = self._sent_until
        if last is None or not self.is_ready():
            return []
        count = 2
        while True:
            rows, opens = self.context.bars.recent(self.instrument_id, self.interval, count)
            first = bisect_right(opens, last)
            if first > 0 or len(opens) < count:
                break
            count *= 8
        is_forgotten = bool(opens) and last > 0 and (first == 0 or opens[-1] < last)
        if is_forgotten:
            return None
        self._sent_until = opens[-1] if opens else last
        return rows[first:]
