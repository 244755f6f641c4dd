"""Query strings into structs, and cursors: opaque, bound to the question they continue."""

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from functools import cache
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import fields

from actors.market import INTERVALS
from config.errors import InvalidInputError

LAST_MS = 7_258_118_400_000
"""2200-01-01: later times do not fit the engine's nanoseconds."""
LAST_NS = LAST_MS * 1_000_000

InstrumentIdParam = Annotated[
    str, Meta(max_length=64, description="instrument id, for example `BTC-USDT.SIM`", examples=["BTC-USDT.SIM"])
]
IntervalParam = Annotated[
    str, Meta(max_length=8, description="bar interval", extra_json_schema={"enum": list(INTERVALS)})
]
StartParam = Annotated[int, Meta(ge=0, le=LAST_MS, description="first open time, UNIX milliseconds")]
EndParam = Annotated[int, Meta(ge=0, le=LAST_MS, description="open time of the first one left out, UNIX milliseconds")]
CursorParam = Annotated[str, Meta(max_length=200, description="`next` of an answer to the same question")]
Limit = Annotated[int, Meta(ge=1, le=1_000, description="most items of one answer")]
MaxBars = Annotated[int, Meta(ge=1, le=10_000, description="most bars of one answer")]

_SIDE = 4
"""Bytes of checksum in front of a cursor's position."""
_NUMBERS = re.compile(rb"[0-9]{1,19}( [0-9]{1,19})*")


def parse[Q: Struct](kind: type[Q], pairs: Iterable[tuple[str, str]]) -> Q:
    """Return query parameters as a struct.

    Raises:
        InvalidInputError: If one is unknown, given twice, or breaks its constraint; names the parameter.
    """
    values: dict[str, str] = {}
    for name, text in pairs:
        if name in values:
            raise InvalidInputError(f"{name[:40]} is given twice", path=f"$.{name[:40]}")
        if name not in kind.__struct_fields__:
            known = ", ".join(kind.__struct_fields__) or "none"
            raise InvalidInputError(f"unknown parameter {name[:40]!r}, known: {known}", path=f"$.{name[:40]}")
        values[name] = text
    for name in _required(kind):
        if name not in values:
            raise InvalidInputError(f"{name} is required", path=f"$.{name}")
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as e:
        raise _explain(e, values) from e


def time_range(start: int | UnsetType, end: int | UnsetType) -> tuple[int | None, int | None]:
    """Return a half-open range in UNIX nanoseconds, None where it is open.

    Raises:
        InvalidInputError: If it ends before it begins.
    """
    if start is not UNSET and end is not UNSET and end <= start:
        raise InvalidInputError(f"end must be later than start, was {end} after {start}", path="$.end")
    return (
        None if start is UNSET else start * 1_000_000,
        None if end is UNSET else end * 1_000_000,
    )


def cursor_of(question: str, *position: int) -> str:
    """Return a cursor: where to go on with a question."""
    text = " ".join(map(str, position)).encode()
    return urlsafe_b64encode(_checksum(text, question) + text).decode().rstrip("=")


def position_of(cursor: str, question: str, count: int) -> list[int]:
    """Return the `count` numbers that `cursor_of` was given, each 0..`LAST_NS`.

    Raises:
        InvalidInputError: If it is not a cursor, or one of another question.
    """
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except (binascii.Error, UnicodeError):
        raw = b""
    side, text = raw[:_SIDE], raw[_SIDE:]
    if side == _checksum(text, question) and _NUMBERS.fullmatch(text):
        position = [int(number) for number in text.split(b" ")]
        if len(position) == count and max(position) <= LAST_NS:
            return position
    raise InvalidInputError("cursor must be the `next` of an answer to the same question", path="$.cursor")


@cache
def _required(kind: type[Struct]) -> list[str]:
    return [one.name for one in fields(kind) if one.required]


def _checksum(text: bytes, question: str) -> bytes:
    return binascii.crc32(text, binascii.crc32(question.encode())).to_bytes(_SIDE)


def _explain(error: msgspec.ValidationError, values: dict[str, Any]) -> InvalidInputError:
    reason, _, where = str(error).partition(" - at `")
    path = where.rstrip("`") or "$"
    name = path.removeprefix("$.")
    found = f", was {values[name][:40]!r}" if name in values else ""
    reason = reason.partition(", got ")[0]
    return InvalidInputError(f"{name}: {reason[:1].lower()}{reason[1:]}{found}", path=path)
