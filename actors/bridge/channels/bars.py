"""`bars:<instrument_id>:<interval>`: closed bars in order, and the open one as it grows."""

from bisect import bisect_right
from typing import override

from actors.bridge.channel import Channel, channels
from actors.bridge.context import Context
from actors.bridge.wire_messages import BarsSnapshot, BarUpdate
from config.errors import UnknownChannelError

SNAPSHOT_BARS = 500


@channels.register("bars")
class Bars(Channel):
    """Bars of one instrument and interval; the buffer keeps them, this remembers up to where they were sent."""

    kind = "mixed"
    update = BarUpdate
    snapshot_message = BarsSnapshot

    def __init__(self, context: Context, params: tuple[str, ...], owner: str) -> None:
        """Check instrument and interval, and have the window loaded."""
        super().__init__(context, params, owner)
        if len(params) != 2:  # noqa: PLR2004  # instrument and interval
            raise UnknownChannelError("a channel of bars is bars:<instrument_id>:<interval>")
        self.instrument_id, self.interval = params
        context.bars.check(self.instrument_id, self.interval)
        context.bars.ensure(self.instrument_id, self.interval)
        self._has_ticks = context.config.features.real_time_data
        self._sent_until = 0
        self.skip_to_now()

    @override
    def is_ready(self) -> bool:
        return self.context.bars.is_loaded(self.instrument_id, self.interval)

    @override
    def snapshot(self) -> list[bytes]:
        rows, opens = self.context.bars.recent(self.instrument_id, self.interval, SNAPSHOT_BARS)
        items = rows[: bisect_right(opens, self._sent_until)]
        newest = self.newest()
        return items if newest is None else [*items, newest]

    @override
    def newest(self) -> bytes | None:
        if not self._has_ticks or not self.is_ready():
            return None
        return self.context.bars.open_bar(self.instrument_id, self.interval)

    def skip_to_now(self) -> None:
        """Count everything that the window holds as sent: a snapshot follows."""
        if self.is_ready():
            opens = self.context.bars.recent(self.instrument_id, self.interval, 1)[1]
            self._sent_until = opens[-1] if opens else 0

    def unsent(self) -> list[bytes] | None:
        """Return the closed bars that came since the last one sent, oldest first; they count as sent now.

        Returns:
            None when the window has forgotten the last one sent: only a snapshot helps.
        """
        count = 2
        while True:
            rows, opens = self.context.bars.recent(self.instrument_id, self.interval, count)
            first = bisect_right(opens, self._sent_until)
            if first > 0 or len(opens) < count:
                break
            count *= 8
        if first == 0 and self._sent_until:
            return None
        self._sent_until = opens[-1] if opens else self._sent_until
        return rows[first:]
