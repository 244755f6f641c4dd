"""`indicators:<instrument_id>:<interval>:<NAME(params)>`: values at closed bars in order, and at the open one."""

from typing import override

from actors.bridge.bar_channel import BarChannel
from actors.bridge.channel import channels
from actors.bridge.context import Context
from actors.bridge.wire_messages import MAX_CHANNEL_NAME, IndicatorsSnapshot, IndicatorUpdate
from config.errors import NotFoundError, UnknownChannelError

_READER = "subscribers"


@channels.register("indicators")
class Indicators(BarChannel):
    """One indicator of one instrument and interval; it is computed as long as somebody listens."""

    is_polled = True
    forms = ("indicators:{instrument_id}:{interval}:{indicator}",)
    update = IndicatorUpdate
    snapshot_message = IndicatorsSnapshot

    def __init__(self, context: Context, params: tuple[str, ...], owner: str) -> None:
        """Have it computed."""
        super().__init__(context, params, owner)
        self.instrument_id, self.interval, self.name = params
        self._indicators = context.indicators
        self._indicators.ensure(self.instrument_id, self.interval, self.name)

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
    def is_ready(self) -> bool:
        return self._indicators.is_ready(self.instrument_id, self.interval, self.name)

    @override
    def recent(self, count: int) -> tuple[list[bytes], list[int]]:
        return self._indicators.recent(self.instrument_id, self.interval, self.name, count)

    @override
    def growing(self) -> bytes | None:
        return self._indicators.growing(self.instrument_id, self.interval, self.name)
