"""What a client sent -> a command, or the error that says what is wrong with it."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec
from msgspec import Struct

from actors.bridge.command import Command, commands
from actors.bridge.wire_messages import OperationId
from config.errors import BadRequestError, InvalidInputError, UnknownOpError, UnknownPluginError

Unreadable = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


OUR_OWN: Mapping[str, str] = MappingProxyType({})
"""No word is another one than ours."""


class Head(Struct, frozen=True):
    """What every operation has; its other fields are read when the operation is known."""

    op: object = None
    type: object = None
    """Accepted in place of `op`."""
    id: object = None


_head = msgspec.json.Decoder(Head)


def read_head(data: str | bytes) -> Head:
    """Return the head of a message.

    Raises:
        BadRequestError: If it is not JSON.
        InvalidInputError: If it is not an object.
    """
    try:
        return _head.decode(data)
    except Unreadable as e:
        raise _as_error(e) from None


def read_id(head: Head) -> int | None:
    """Return the id, None when there is none.

    Raises:
        InvalidInputError: If it is not a whole number of the right size.
    """
    try:
        return msgspec.convert(head.id, OperationId | None)
    except msgspec.ValidationError as e:
        raise InvalidInputError(f"id: {e}", path="$.id") from None


def read_op(head: Head, names: Mapping[str, str] = OUR_OWN) -> str:
    """Return the operation that a message asks for.

    Args:
        head: Of the message.
        names: What a dialect calls operations: its word -> ours.

    Raises:
        BadRequestError: If it names none.
        UnknownOpError: If there is no such operation.
    """
    op = head.type if head.op is None else head.op
    if not isinstance(op, str):
        raise BadRequestError("op must be text, for example subscribe", path="$.op")
    op = names.get(op, op)
    try:
        commands.get(op)
    except UnknownPluginError:
        raise UnknownOpError(f"op must be one of {', '.join(commands)}, was {op[:40]!r}") from None
    return op


def read_command(op: str, data: str | bytes) -> Command:
    """Return the command of a message.

    Raises:
        InvalidInputError: If a field is missing, wrong or outside its range.
    """
    return read_as(data, commands.get(op))


def read_as[T](data: str | bytes, kind: type[T]) -> T:
    """Return a message as a struct.

    Raises:
        BadRequestError: If it is not JSON.
        InvalidInputError: If it is not that.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except Unreadable as e:
        raise _as_error(e) from None


def _as_error(error: Exception) -> BadRequestError | InvalidInputError:
    if isinstance(error, msgspec.ValidationError):
        place = str(error).partition(" - at `")[2].rstrip("`")
        return InvalidInputError(str(error), path=place or None)
    if isinstance(error, RecursionError):
        return BadRequestError("message must not be nested so deep")
    return BadRequestError("message must be one JSON object in UTF-8")
