"""One message as it came: its head is read at once, the rest when somebody wants it."""

from typing import Any, cast

import msgspec
from msgspec import Raw, Struct

from whisperer_client.errors import ProtocolError
from whisperer_client.types import CHANNELS

Position = tuple[str, int]
"""Epoch and seq: where somebody stands on a channel."""


class Head(Struct, frozen=True, gc=False):
    """What decides where a message goes, of all types of messages."""

    type: str
    id: int | None = None
    ch: str = ""
    seq: int = 0
    epoch: str = ""
    part: tuple[int, int] = (0, 1)
    source: str = ""
    heads: dict[str, int] = {}
    position: dict[str, tuple[str, int]] = {}
    code: str = ""
    message: str = ""
    retry: bool = False
    retry_after_ms: int | None = None
    data: Raw = Raw()


class _Row(Struct, frozen=True):
    closed: bool = True


_head = msgspec.json.Decoder(Head)
_row = msgspec.json.Decoder(_Row)


class Message:
    """One message of a channel."""

    __slots__ = ("_head", "text")

    def __init__(self, head: Head, text: str) -> None:
        self._head = head
        self.text = text
        """The JSON, byte for byte."""

    @property
    def type(self) -> str:
        """`snapshot`, or what the channel's rows are, for example `bar`."""
        return self._head.type

    @property
    def channel(self) -> str:
        """Name of the channel, for example `bars:BTC-USDT.SIM:1m`."""
        return self._head.ch

    @property
    def seq(self) -> int:
        """Number within the channel's epoch."""
        return self._head.seq

    @property
    def epoch(self) -> str:
        """Of a snapshot; empty in other messages."""
        return self._head.epoch

    @property
    def part(self) -> tuple[int, int]:
        """Of a snapshot: number of this part from 0, number of parts."""
        return self._head.part

    @property
    def source(self) -> str:
        """Of a snapshot: `none` when the node's source does not have it and nothing will ever come, else empty."""
        return self._head.source

    @property
    def is_snapshot(self) -> bool:
        """Whether what was known of the channel before is to be thrown away."""
        return self._head.type == "snapshot"

    def is_open(self) -> bool:
        """Return whether this is a row that still grows, such as the open bar."""
        return not _row.decode(self._head.data).closed

    def typed(self) -> Any:  # noqa: ANN401  # one of the structs of `types`
        """Return the message as its struct of `whisperer_client.types`, as `CHANNELS` names it.

        Raises:
            ProtocolError: If it is not what the contract says, or of a channel that this version does not know.
        """
        found = CHANNELS.get(kind_of(self.channel))
        if found is None:
            raise ProtocolError(f"this version of the client knows no channel {self.channel!r}")
        try:
            return msgspec.json.decode(self.text, type=found.snapshot if self.is_snapshot else found.update)
        except msgspec.MsgspecError as e:
            raise ProtocolError(f"{self.channel}: {e}") from e

    def body(self) -> dict[str, Any]:
        """Return the whole message as plain JSON; decimals are text."""
        return cast("dict[str, Any]", msgspec.json.decode(self.text))


def read_head(text: str) -> Head:
    """Return the head of any message.

    Raises:
        ProtocolError: If it is not a message.
    """
    try:
        return _head.decode(text)
    except (msgspec.MsgspecError, UnicodeError) as e:
        raise ProtocolError(f"not a message: {e}") from e


def kind_of(channel: str) -> str:
    """Return the first part of a channel's name."""
    return channel.partition(":")[0]
