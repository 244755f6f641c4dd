"""`indicators:<instrument_id>:<interval>:<NAME(params)>`: values at closed bars in order, and at the open one."""

from functools import partial
from typing import ClassVar, override

from actors.bridge.channel import Channel, channels
from actors.bridge.context import Context
from actors.bridge.sent import Sent
from actors.bridge.wire_messages import MAX_CHANNEL_NAME, IndicatorsSnapshot, IndicatorUpdate
from config.errors import NotFoundError, UnknownChannelError

_READER = "subscribers"


@channels.register("indicators")
class Indicators(Channel):
    """One indicator of one instrument and interval; it is computed as long as somebody listens."""

    kind = "mixed"
    is_polled = True
    forms = ("indicators:{instrument_id}:{interval}:{indicator}",)
    update = IndicatorUpdate
    snapshot_message = IndicatorsSnapshot
    snapshot_rows: ClassVar[int] = 500
    """Closed bars of a snapshot."""

    def __init__(self, context: Context, params: tuple[str, ...], owner: str) -> None:
        """Have it computed."""
        super().__init__(context, params, owner)
        self.instrument_id, self.interval, self.name = params
        self._indicators = context.indicators
        self._indicators.ensure(self.instrument_id, self.interval, self.name)
        self._has_ticks = context.config.features.real_time_data
        self._sent = Sent(partial(self._indicators.recent, self.instrument_id, self.interval, self.name))

    @override
    @classmethod
    def canonical(cls, context: Context, params: tuple[str, ...]) -> tuple[str, ...]:
        if len(params) != 3:  # noqa: PLR2004  # instrument, interval and indicator
            raise UnknownChannelError("a channel of indicators is indicators:<instrument_id>:<interval>:<NAME(params)>")
        instrument_id, interval, text = params
        context.bars.check(instrument_id, interval)
        try:
            name = context.indicators.canonical(text)
        except NotFoundError as e:
            raise UnknownChannelError(str(e)) from e
        if len(f"indicators:{instrument_id}:{interval}:{name}") > MAX_CHANNEL_NAME:
            raise UnknownChannelError(f"the name of a channel has at most {MAX_CHANNEL_NAME} letters")
        return instrument_id, interval, name

    @override
    def start(self) -> None:
        self._indicators.hold(self.instrument_id, self.interval, self.name, _READER)

    @override
    def stop(self) -> None:
        self._indicators.release(self.instrument_id, self.interval, self.name, _READER)

    @override
    def restarted(self) -> None:
        self._sent.forget()

    @override
    def is_ready(self) -> bool:
        return self._indicators.is_ready(self.instrument_id, self.interval, self.name)

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
        if not self._has_ticks:
            return None
        return self._indicators.growing(self.instrument_id, self.interval, self.name)
