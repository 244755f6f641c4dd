"""All streams, by channel name and owner: found, begun with their first subscriber, forgotten."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import override

from actors.bridge.channel import PUBLIC, Channel, channels, split_name
from actors.bridge.context import Context
from actors.bridge.delivery.stream import Stream
from config.errors import NodeError
from config.registry import Registry

type Key = tuple[str, str]
PRIVATE_BYTES = 1024 * 1024
"""What the ring of a private channel holds at the most: every user has several of them."""


class Streams(Mapping[Key, Stream]):
    """Every stream that ever had a subscriber.

    Keyed by (channel name, owner), so that nobody is sent what belongs to another user; a stream exists from its
    first subscriber on and is numbered without a gap from then, whether somebody listens or not.
    """

    def __init__(
        self,
        context: Context,
        *,
        registry: Registry[Channel] = channels,
        new_epoch: Callable[[], str] = lambda: secrets.token_hex(4),
    ) -> None:
        """Start without any.

        Args:
            context: What channels are made of.
            registry: The kinds of channels.
            new_epoch: Makes a text that never repeats.
        """
        self.begun = 0
        """How many streams have ever begun."""
        self._context = context
        self._registry = registry
        self._new_epoch = new_epoch
        self._least_ring = context.config.ws.message_queue_size
        self._streams: dict[Key, Stream] = {}

    @override
    def __getitem__(self, key: Key) -> Stream:
        return self._streams[key]

    @override
    def __iter__(self) -> Iterator[Key]:
        return iter(self._streams)

    @override
    def __len__(self) -> int:
        return len(self._streams)

    def find(self, name: str, owner: str = PUBLIC) -> Stream | None:
        """Return a stream that exists; nobody needs what is published to one that does not."""
        return self._streams.get((name, owner))

    def meant(self, name: str, user_id: str) -> Stream:
        """Return the stream that `name` means to a user; a new one is to be begun (`begin`).

        Raises:
            NodeError: If there is no such channel; the code says why.
        """
        kind, params = self._read(name)
        owner = user_id if kind.is_private else PUBLIC
        name = _written(name, params)
        return self._streams.get((name, owner)) or Stream(
            name,
            kind(self._context, params, owner),
            ring_size=self._least_ring if kind.is_private else max(kind.ring_size, self._least_ring),
            ring_bytes=PRIVATE_BYTES if kind.is_private else None,
            market_ms=lambda: self._context.clock.told_ms,
            new_epoch=self._new_epoch,
        )

    def unlisted(self, name: str, owner: str, make: Callable[[], Channel], *, ring_size: int = 0) -> Stream:
        """Return the stream of a channel that no client can name, such as a dialect's; a new one is to be begun.

        Args:
            name: No kind of channel begins it.
            owner: Whose.
            make: Makes the channel if there is no such stream yet; may raise NodeError.
            ring_size: Log rows kept.
        """
        return self._streams.get((name, owner)) or Stream(
            name,
            make(),
            ring_size=ring_size,
            market_ms=lambda: self._context.clock.told_ms,
            new_epoch=self._new_epoch,
        )

    def written(self, name: str) -> str:
        """Return a channel's name as acknowledgements and messages write it; any other text as it is."""
        try:
            return _written(name, self._read(name)[1])
        except NodeError:
            return name

    def begin(self, wanted: Stream) -> Stream:
        """Return the stream of this name and owner, begun if need be; what its channel raises changes nothing."""
        key = _key(wanted)
        stream = self._streams.get(key)
        if stream is None:
            wanted.channel.start()
            stream = self._streams[key] = wanted
            self.begun += 1
        elif not stream.lanes:
            stream.channel.start()
        return stream

    def end(self, stream: Stream) -> None:
        """Forget a stream; who comes back begins with a snapshot."""
        self._streams.pop(_key(stream), None)

    def _read(self, name: str) -> tuple[type[Channel], tuple[str, ...]]:
        kind, given = split_name(name, self._registry)
        return kind, kind.canonical(self._context, given)


def _key(stream: Stream) -> Key:
    return stream.name, stream.channel.owner


def _written(name: str, params: tuple[str, ...]) -> str:
    return ":".join((name.partition(":")[0], *params))
