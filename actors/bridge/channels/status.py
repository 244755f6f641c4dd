"""`status`: the state of the node and of its market, on a change and while market time moves."""

from typing import override

import msgspec

from actors.bridge.channel import Channel, channels
from actors.bridge.context import Context
from actors.bridge.status import status_body
from actors.bridge.wire_messages import StatusSnapshot, StatusUpdate
from actors.wire import StatusBody
from config.errors import UnknownChannelError


@channels.register("status")
class Status(Channel):
    """One value, the same that `GET /api/v1/status` gives; its uptime alone is no change."""

    kind = "latest"
    forms = ("status",)
    is_polled = True
    update = StatusUpdate
    snapshot_message = StatusSnapshot

    def __init__(self, context: Context, params: tuple[str, ...], owner: str) -> None:
        """Refuse parameters."""
        super().__init__(context, params, owner)
        if params:
            raise UnknownChannelError("the channel of the node's state is status")
        self._told: StatusBody | None = None
        self._bytes = b""

    @override
    def snapshot(self) -> list[bytes]:
        return [self.newest()]

    @override
    def newest(self) -> bytes:
        body = status_body(self.context)
        if self._told is None or msgspec.structs.replace(body, uptime_s=self._told.uptime_s) != self._told:
            self._told, self._bytes = body, msgspec.json.encode(body)
        return self._bytes
