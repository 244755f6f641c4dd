"""What a dialect is: an encoder of our messages into the words of clients that were written for somebody else.

Order, numbering, limits and slow clients are the hub's business and the same for all; a dialect says only what a
message is called and how it looks.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import msgspec
from msgspec import Struct

from actors.bridge.channel import channels
from actors.bridge.delivery.frames import payload_of, text_frame
from actors.bridge.symbols import Symbols
from actors.bridge.wire_messages import PROTOCOL, ServerMessage, Update
from config.errors import BadRequestError, ConfigError, UnknownPluginError
from config.registry import Registry

_encode = msgspec.json.Encoder().encode


class Word(Struct, frozen=True):
    """What one of our messages is in a dialect."""

    name: str
    """Its `type`."""
    data: Callable[[Any, Symbols], Struct | None]
    """Picks its `data` out of the message; None when the dialect cannot say it, such as another venue's instrument."""


class Said(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A message of a dialect."""

    type: str
    data: Struct | None = None
    timestamp: int | str
    """UNIX milliseconds, or RFC 3339 text."""


class Dialect(ABC):
    """The words of one family of clients; one object serves all of them, so that they share what is encoded."""

    channels: ClassVar[tuple[str, ...]]
    """Subscribed when a client connects: it does not know how to ask."""
    words: ClassVar[Mapping[type[Update], Word]]
    """Message -> word; what has no word is not said."""
    operations: ClassVar[Mapping[str, str]] = {}
    """The clients' operation -> ours."""
    begins_with_newest: ClassVar[bool] = False
    """Whether who subscribes to a latest value hears the present one, where our own clients get a snapshot."""

    def __init__(self, symbols: Symbols) -> None:
        """Speak of the instruments that have a symbol."""
        self.symbols = symbols

    @abstractmethod
    def answer(self, message: ServerMessage, wall_ms: int) -> Struct | None:
        """Return what a message that belongs to no channel is; None when it is not said. `wall_ms`: now, UNIX."""

    def timestamp(self, ms: int) -> int | str:
        """Return a time, UNIX milliseconds, as the clients read it."""
        return ms

    def speaks_of(self, channel: str) -> bool:
        """Return whether the messages of a channel have a word."""
        kind = channel.partition(":")[0]
        return kind in channels and channels.get(kind).update in self.words

    def frame(self, kind: type[Update], frame: bytes) -> bytes:
        """Return the frame of a channel's message in the dialect, from our own; empty when there is no word for it."""
        word = self.words.get(kind)
        if word is None:
            return b""
        update = msgspec.json.decode(payload_of(frame), type=kind)
        data = word.data(update, self.symbols)
        if data is None:
            return b""
        return text_frame(_encode(Said(type=word.name, data=data, timestamp=self.timestamp(update.ts))))


dialects: Registry[Dialect] = Registry("dialect", "actors.bridge.dialects", "whisperer.dialects")
"""Name -> dialect; its subprotocol is `trader.v1.<name>`."""


class Speech(Struct, frozen=True):
    """What is spoken on one connection."""

    protocol: str | None
    """The subprotocol to confirm, if one was offered."""
    dialect: Dialect | None
    """None: our own."""


class Dialects:
    """Which dialect a client has asked for; each is made once, by the first who speaks it."""

    def __init__(self, symbols: Symbols, default: str) -> None:
        """Check the default.

        Raises:
            ConfigError: If there is no such dialect.
        """
        self._symbols = symbols
        self._made: dict[str, Dialect] = {}
        if _name_of(default) is None:
            raise ConfigError(f"ws.default_dialect: expected one of {', '.join(protocols())}, was {default!r}")
        self._default = default

    def chosen(self, offered: str, asked: str | None) -> Speech:
        """Return what will be spoken.

        Args:
            offered: Subprotocols of the handshake, separated by commas; the first one known counts before all else.
            asked: `?dialect=`, a subprotocol or the last part of one; then the configured default counts.

        Raises:
            BadRequestError: If nothing that was offered or asked for is known. What was offered is not repeated: it
                may be a token.
        """
        if offered:
            for protocol in map(str.strip, offered.split(",")):
                if protocol in protocols():
                    return Speech(protocol, self._dialect(protocol))
            known = ", ".join(protocols())
            raise BadRequestError(f"subprotocol must be one of {known}, or none", path="Sec-WebSocket-Protocol")
        if asked is not None and _name_of(asked) is None:
            raise BadRequestError(f"dialect must be one of {', '.join(protocols())}", path="$.dialect")
        return Speech(None, self._dialect(self._default if asked is None else asked))

    def _dialect(self, protocol: str) -> Dialect | None:
        name = _name_of(protocol)
        if not name:
            return None
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = dialects.get(name)(self._symbols)
        return made


def protocols() -> tuple[str, ...]:
    """Return every subprotocol, our own first."""
    return (PROTOCOL, *(f"{PROTOCOL}.{name}" for name in dialects))


def _name_of(protocol: str) -> str | None:
    """Return the dialect's name, empty for our own; None when there is no such dialect."""
    if protocol == PROTOCOL:
        return ""
    name = protocol.removeprefix(f"{PROTOCOL}.")
    try:
        dialects.get(name)
    except UnknownPluginError:
        return None
    return name
