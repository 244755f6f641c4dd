"""`bars:<instrument_id>:<interval>`: closed bars in order, and the open one as it grows."""

from typing import override

from actors.bridge.bar_channel import BarChannel
from actors.bridge.channel import channels
from actors.bridge.context import Context
from actors.bridge.wire_messages import BarsSnapshot, BarUpdate
from config.errors import UnknownChannelError


@channels.register("bars")
class Bars(BarChannel):
    """Bars of one instrument and interval; the buffer keeps them, this remembers up to where they were sent."""

    forms = ("bars:{instrument_id}:{interval}",)
    update = BarUpdate
    snapshot_message = BarsSnapshot

    def __init__(self, context: Context, params: tuple[str, ...], owner: str) -> None:
        """Check instrument and interval."""
        super().__init__(context, params, owner)
        if len(params) != 2:  # noqa: PLR2004  # instrument and interval
            raise UnknownChannelError("a channel of bars is bars:<instrument_id>:<interval>")
        self.instrument_id, self.interval = params
        context.bars.check(self.instrument_id, self.interval)

    @override
    def start(self) -> None:
        self.context.bars.hold(self.instrument_id, self.interval, "subscribers")

    @override
    def stop(self) -> None:
        self.context.bars.release(self.instrument_id, self.interval, "subscribers")

    @override
    def is_ready(self) -> bool:
        return self.context.bars.is_loaded(self.instrument_id, self.interval)

    @override
    def recent(self, count: int) -> tuple[list[bytes], list[int]]:
        return self.context.bars.recent(self.instrument_id, self.interval, count)

    @override
    def growing(self) -> bytes | None:
        return self.context.bars.open_bar(self.instrument_id, self.interval)
