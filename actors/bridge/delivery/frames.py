"""WebSocket frames and the messages of channels as bytes: encoded once, framed once, shared by everybody."""

import struct
from collections.abc import Iterable, Iterator, Sequence

import msgspec
from msgspec import Struct

PART_BYTES = 256 * 1024
"""A snapshot above this is sent in parts."""
_TEXT, _CLOSE = 0x81, 0x88
_TINY, _SHORT = 126, 65_536
_encode = msgspec.json.Encoder().encode


def text_frame(payload: bytes) -> bytes:
    """Return an unmasked, final text frame around `payload`."""
    size = len(payload)
    if size < _TINY:
        head = bytes((_TEXT, size))
    elif size < _SHORT:
        head = struct.pack("!BBH", _TEXT, 126, size)
    else:
        head = struct.pack("!BBQ", _TEXT, 127, size)
    return head + payload


def payload_of(frame: bytes) -> memoryview:
    """Return what is in a frame made by `text_frame`."""
    return memoryview(frame)[2 if frame[1] < _TINY else 4 if frame[1] == _TINY else 10 :]


def close_frame(code: int, reason: bytes) -> bytes:
    """Return a close frame; `reason` is UTF-8 of at most 123 bytes."""
    return struct.pack("!BBH", _CLOSE, 2 + len(reason), code) + reason


def message_frame(message: Struct) -> bytes:
    """Return a message as a frame."""
    return text_frame(_encode(message))


class Envelope:
    """Writes the messages of one channel around rows that are encoded already."""

    def __init__(self, name: str, tag: str) -> None:
        """Prepare the parts that never change."""
        quoted = _encode(name)
        self._update = b'{"type":%b,"ch":%b,"seq":' % (_encode(tag), quoted)
        self._snapshot = b'{"type":"snapshot","ch":%b,"epoch":' % quoted

    def update(self, seq: int, ts: int, body: bytes) -> bytes:
        """Return the frame of one row or value; `ts` is market time in ms."""
        return text_frame(b'%b%d,"ts":%d,"data":%b}' % (self._update, seq, ts, body))

    def snapshot(self, epoch: str, seq: int, items: Sequence[bytes], *, has_source: bool = True) -> list[bytes]:
        """Return the frames of a snapshot, at least one; without a source it says so."""
        parts = list(_parts(items))
        source = b"" if has_source else b'"source":"none",'
        head = b'%b%b,"seq":%d,%b"part":[' % (self._snapshot, _encode(epoch), seq, source)
        return [
            text_frame(b'%b%d,%d],"data":[%b]}' % (head, number, len(parts), b",".join(part)))
            for number, part in enumerate(parts)
        ]


def _parts(items: Iterable[bytes]) -> Iterator[list[bytes]]:
    part: list[bytes] = []
    size = 0
    for item in items:
        if part and size + len(item) > PART_BYTES:
            yield part
            part, size = [], 0
        part.append(item)
        size += len(item) + 1
    yield part
