"""Frames of RFC 6455 as a careful or a careless client sends them, by the names of the well-known public cases."""

import struct
from typing import NamedTuple

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
MASK = b"\x37\xfa\x21\x3d"
LIMIT = 65_536


class Case(NamedTuple):
    """What is sent, in writes that may cut frames anywhere."""

    name: str
    writes: tuple[bytes, ...]


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, is_masked: bool = True) -> bytes:
    """Return one frame of a client."""
    first, masked = (0x80 if fin else 0) | rsv << 4 | opcode, 0x80 if is_masked else 0
    size = len(payload)
    if size < 126:
        head = bytes((first, masked | size))
    elif size < 65_536:
        head = struct.pack("!BBH", first, masked | 126, size)
    else:
        head = struct.pack("!BBQ", first, masked | 127, size)
    if not is_masked:
        return head + payload
    mask = (MASK * (size // 4 + 1))[:size]
    return head + MASK + (int.from_bytes(payload) ^ int.from_bytes(mask)).to_bytes(size)


def chopped(data: bytes, size: int) -> tuple[bytes, ...]:
    """Return data in writes of `size` bytes."""
    return tuple(data[at : at + size] for at in range(0, len(data), size))


def fragments(opcode: int, parts: list[bytes]) -> bytes:
    """Return a message in several frames."""
    last = len(parts) - 1
    return b"".join(frame(CONT if at else opcode, part, fin=at == last) for at, part in enumerate(parts))


def closing(code: int, reason: bytes = b"") -> bytes:
    """Return a close frame."""
    return frame(CLOSE, struct.pack("!H", code) + reason)


def sizes() -> list[Case]:
    """Sections 1 and 9: texts and binaries of every length of header, whole and in pieces."""
    found = []
    for kind, opcode, byte in (("1", TEXT, b"*"), ("2", BINARY, b"\xfe")):
        for number, size in enumerate((0, 125, 126, 127, 128, 65_535, LIMIT), 1):
            found.append(Case(f"1.{kind}.{number}", (frame(opcode, byte * size),)))
        found.append(Case(f"1.{kind}.8", chopped(frame(opcode, byte * LIMIT), 997)))
        for number, size in enumerate((LIMIT + 1, 262_144, 1_048_576), 1):
            found.append(Case(f"9.{kind}.{number}", (frame(opcode, byte * size),)))
        found += [
            Case(f"9.{kind}.5", (fragments(opcode, [byte * 8_192] * 32),)),
            Case(f"9.{kind}.7", chopped(frame(opcode, byte * LIMIT), 64)),
        ]
    return [*found, Case("10.1.1", (fragments(TEXT, [b"*" * 1_300] * 50 + [b"*" * 536]),))]


def pings() -> list[Case]:
    """Section 2."""
    return [
        Case("2.1", (frame(PING),)),
        Case("2.2", (frame(PING, b"Hello, world!"),)),
        Case("2.3", (frame(PING, b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff"),)),
        Case("2.4", (frame(PING, b"\xfe" * 125),)),
        Case("2.5", (frame(PING, b"\xfe" * 126),)),
        Case("2.6", chopped(frame(PING, b"\xfe" * 125), 1)),
        Case("2.7", (frame(PONG),)),
        Case("2.8", (frame(PONG, b"unsolicited"),)),
        Case("2.9", (frame(PONG, b"unsolicited"), frame(PING, b"payload"))),
        Case("2.10", tuple(frame(PING, b"payload-%d" % number) for number in range(10))),
        Case("2.11", chopped(b"".join(frame(PING, b"payload-%d" % number) for number in range(10)), 1)),
        Case("2.12", (frame(PONG, b"\xfe" * 126),)),
    ]


def reserved() -> list[Case]:
    """Sections 3 and 4: reserved bits and opcodes, alone and after a good message."""
    found = [Case(f"3.{rsv}", (frame(TEXT, b"Hello", rsv=rsv),)) for rsv in range(1, 8)]
    found += [Case(f"3.{rsv}.ping", (frame(PING, b"Hello", rsv=rsv),)) for rsv in range(1, 8)]
    found += [Case(f"3.{rsv}.close", (frame(CLOSE, b"\x03\xe8", rsv=rsv),)) for rsv in range(1, 8)]
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        found += [
            Case(f"4.{opcode}.empty", (frame(opcode),)),
            Case(f"4.{opcode}.payload", (frame(opcode, b"reserved"),)),
            Case(f"4.{opcode}.after", (frame(TEXT, b"Hello"), frame(opcode, b"reserved"), frame(PING))),
            Case(f"4.{opcode}.chopped", chopped(frame(TEXT, b"Hello") + frame(opcode, b"x"), 1)),
        ]
    return [*found, Case("5.unmasked", (frame(TEXT, b"Hello", is_masked=False),))]


def fragmentation() -> list[Case]:
    """Section 5."""
    begin, middle, end = frame(TEXT, b"one", fin=False), frame(CONT, b"two", fin=False), frame(CONT, b"three")
    return [
        Case("5.1", (frame(PING, b"a", fin=False), frame(CONT, b"b"))),
        Case("5.2", (frame(PONG, b"a", fin=False), frame(CONT, b"b"))),
        Case("5.3", (begin, end)),
        Case("5.4", (begin + end,)),
        Case("5.5", chopped(begin + end, 1)),
        Case("5.6", (begin, frame(PING, b"between"), end)),
        Case("5.7", (begin + frame(PING, b"between") + end,)),
        Case("5.8", chopped(begin + frame(PING, b"between") + end, 1)),
        Case("5.9", (frame(CONT, b"no start"), frame(TEXT, b"Hello"))),
        Case("5.10", (frame(CONT, b"no start") + frame(TEXT, b"Hello"),)),
        Case("5.12", (frame(CONT, b"no start", fin=False), frame(TEXT, b"Hello"))),
        Case("5.15", (begin, end, frame(CONT, b"no start", fin=False), frame(TEXT, b"Hello"))),
        Case("5.16", (frame(CONT, b"x", fin=False), begin, end) * 2),
        Case("5.18", (begin, frame(TEXT, b"second start"))),
        Case("5.19", (begin, middle, frame(PING, b"1"), middle, middle, frame(PING, b"2"), end)),
        Case("5.20", (begin + middle + frame(PING, b"1") + middle + frame(PING, b"2") + end,)),
        Case("5.21", (frame(TEXT, b"", fin=False), frame(CONT, b"", fin=False), frame(CONT, b""))),
        Case("5.22", (begin, frame(BINARY, b"\x00\x01"), end)),
    ]


_GOOD = ("κόσμε", "\x00", "\x7f", "\x80", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0010ffff")
_BAD = (
    b"\x80", b"\xbf", b"\x80\xbf", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xf8\x80\x80\x80\xaf",
    b"\xfc\x80\x80\x80\x80\xaf", b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf", b"\xc0\x80", b"\xe0\x80\x80",
    b"\xed\xa0\x80", b"\xed\xad\xbf", b"\xed\xae\x80", b"\xed\xbf\xbf", b"\xed\xa0\x80\xed\xb0\x80", b"\xfe", b"\xff",
    b"\xfe\xfe\xff\xff", b"\xf4\x90\x80\x80", b"\xc0", b"\xe0\x80", b"\xf0\x80\x80", b"\xf8\x88\x80\x80\x80",
    b"\xce\xba\xe1",
)  # fmt: skip


def utf8() -> list[Case]:
    """Section 6: texts that are UTF-8 and texts that are not, whole, in fragments and byte by byte."""
    found = []
    for number, text in enumerate(_GOOD, 1):
        data = text.encode()
        found += [
            Case(f"6.good.{number}", (frame(TEXT, data),)),
            Case(f"6.good.{number}.fragments", (fragments(TEXT, [data[:1], data[1:]]),)),
            Case(f"6.good.{number}.chopped", chopped(frame(TEXT, data), 1)),
        ]
    for number, data in enumerate(_BAD, 1):
        found += [
            Case(f"6.bad.{number}", (frame(TEXT, b"good " + data),)),
            Case(f"6.bad.{number}.fragments", (fragments(TEXT, [b"good ", data, b" good"]),)),
            Case(f"6.bad.{number}.split", (fragments(TEXT, [data[:1], data[1:]]),)),
            Case(f"6.bad.{number}.binary", (frame(BINARY, data),)),
        ]
    return found


def closes() -> list[Case]:
    """Section 7: close handshakes, codes and reasons."""
    found = [
        Case("7.1.1", (frame(TEXT, b"Hello"), closing(1_000))),
        Case("7.1.2", (closing(1_000), closing(1_000))),
        Case("7.1.3", (closing(1_000), frame(PING, b"after"))),
        Case("7.1.4", (closing(1_000), frame(TEXT, b"after"))),
        Case("7.1.5", (frame(TEXT, b"begun", fin=False), closing(1_000), frame(CONT, b"end"))),
        Case("7.3.1", (frame(CLOSE),)),
        Case("7.3.2", (frame(CLOSE, b"\x03"),)),
        Case("7.3.4", (closing(1_000, b"Hello, world!"),)),
        Case("7.3.5", (closing(1_000, b"*" * 123),)),
        Case("7.3.6", (closing(1_000, b"*" * 124),)),
        Case("7.5.1", (closing(1_000, b"\xce\xba\xed\xa0\x80"),)),
    ]
    good = (1_000, 1_001, 1_002, 1_003, 1_007, 1_008, 1_009, 1_010, 1_011, 3_000, 3_999, 4_000, 4_999)
    bad = (0, 999, 1_004, 1_005, 1_006, 1_012, 1_013, 1_014, 1_015, 1_016, 1_100, 2_000, 2_999, 5_000, 65_535)
    return [*found, *(Case(f"7.code.{code}", (closing(code),)) for code in (*good, *bad))]


def floods() -> list[Case]:
    """Beyond the public cases: pings in one write, and a header that promises more than may come."""
    return [
        Case("flood.pings", (b"".join(frame(PING, b"%d" % number) for number in range(40)),)),
        Case("huge.promise", (b"\x81\xff" + struct.pack("!Q", 2**62) + MASK + b"x",)),
        Case("huge.negative", (b"\x81\xff" + struct.pack("!Q", 2**63 + 5) + MASK + b"x",)),
        Case("long.form", (b"\x81\xfe\x00\x05" + frame(TEXT, b"Hello")[2:],)),
    ]


SECTIONS = {
    "sizes": sizes,
    "pings": pings,
    "reserved": reserved,
    "fragmentation": fragmentation,
    "utf8": utf8,
    "closes": closes,
    "floods": floods,
}
