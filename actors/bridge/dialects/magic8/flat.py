"""What is said on the WebSockets of the data hub: objects without an envelope, errors as `{detail}`."""

from typing import override

import msgspec
from msgspec import Raw, Struct

from actors.bridge.delivery.frames import payload_of, text_frame
from actors.bridge.dialect import Dialect
from actors.bridge.wire_messages import ErrorMessage, ServerMessage, Update
from config.errors import ErrorCode


class Refused(Struct, frozen=True, kw_only=True):
    """What was sent cannot be done."""

    detail: str
    code: ErrorCode


class _Enveloped(Struct, frozen=True):
    data: Raw


_decode = msgspec.json.Decoder(_Enveloped).decode


class Flat(Dialect):
    """Gives the `data` of our messages alone; greetings, heartbeats and notices have no word."""

    channels = ()
    words = {}  # noqa: RUF012  # as declared by `Dialect`
    begins_with_newest = True

    @override
    def frame(self, kind: type[Update], frame: bytes) -> bytes:
        return text_frame(bytes(_decode(payload_of(frame)).data))

    @override
    def answer(self, message: ServerMessage, wall_ms: int) -> Struct | None:
        if not isinstance(message, ErrorMessage):
            return None
        return Refused(detail=message.message, code=message.code)
