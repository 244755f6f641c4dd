"""`signals` and `signals:<instrument_id>`: the AI's opinion on every closed bar."""

from typing import ClassVar, override

import msgspec

from actors.bridge.channel import Channel, channels
from actors.bridge.context import Context
from actors.bridge.wire_messages import SignalsSnapshot, SignalUpdate
from actors.wire import signal_body
from config.errors import UnknownChannelError, UnknownInstrumentError


@channels.register("signals")
class Signals(Channel):
    """Signals are market opinions, the same for everybody, hence shared."""

    kind = "log"
    forms = ("signals", "signals:{instrument_id}")
    update = SignalUpdate
    snapshot_message = SignalsSnapshot
    snapshot_rows: ClassVar[int] = 200

    def __init__(self, context: Context, params: tuple[str, ...], owner: str) -> None:
        """Check the instrument, if one is named."""
        super().__init__(context, params, owner)
        if len(params) > 1:
            raise UnknownChannelError("a channel of signals is signals or signals:<instrument_id>")
        self.instrument_id = params[0] if params else None
        if self.instrument_id is not None and self.instrument_id not in context.bars.instruments():
            raise UnknownInstrumentError(f"no instrument {self.instrument_id[:60]!r} on this node")

    @override
    def snapshot(self) -> list[bytes]:
        recent = self.context.signals.recent(self.instrument_id, None, self.snapshot_rows)
        return [msgspec.json.encode(signal_body(signal)) for signal in recent]
