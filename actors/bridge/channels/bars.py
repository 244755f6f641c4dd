"""`bars:<instrument_id>:<interval>`: closed bars in order, and the open one as it grows."""

from functools import partial
from typing import ClassVar, override

from actors.bridge.channel import Channel, channels
from actors.bridge.context import Context
from actors.bridge.sent import Sent
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
        self._sent = Sent(partial(context.bars.recent, self.instrument_id, self.interval))

    @override
    def start(self) -> None:
        self.context.bars.hold(self.instrument_id, self.interval, "subscribers")

    @override
    def stop(self) -> None:
        self.context.bars.release(self.instrument_id, self.interval, "subscribers")

    @override
    def restarted(self) -> None:
        self._sent.forget()

    @override
    def is_ready(self) -> bool:
        return self.context.bars.is_loaded(self.instrument_id, self.interval)

    @override
    def take(self) -> list[bytes] | None:
        return self._sent.unsent() if self.is_ready() else []

    @override
    def snapshot(self) -> list[bytes]:
        items = self._sent.snapshot(self.snapshot_rows)
        newest = self.newest()
        return items if newest is None else [*items, newest]

    @override
    def newest(self) -> bytes | None:
        if not self._has_ticks or not self.is_ready():
            return None
        return self.context.bars.open_bar(self.instrument_id, self.interval)
