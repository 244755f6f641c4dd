"""What changes one by one, such as orders: each newest state, with what ended while nobody could listen."""

from collections.abc import Awaitable, Callable, Hashable

from whisperer_client.link import Link
from whisperer_client.message import Message
from whisperer_client.rows import Snapshots
from whisperer_client.stream import LIMIT, Stream, check_source


class States[T](Stream[T]):
    """First what there is, then every change; across broken connections and restarts of the node.

    When the node keeps the changes no more that a broken connection missed, a snapshot takes their place: what is other
    than before comes, and what is gone comes once more as it ended. States in between are left out then.
    """

    def __init__(
        self,
        link: Link,
        channel: str,
        key: Callable[[T], Hashable],
        ended: Callable[[T], Awaitable[T | None]],
        is_open: Callable[[T], bool],
        *,
        limit: int = LIMIT,
    ) -> None:
        """Subscribe.

        Args:
            link: The connection.
            channel: Its name.
            key: What a state is the state of.
            ended: Gives the last state of something that is gone, from the one known before; None when there is none.
            is_open: Whether a state belongs into a snapshot.
            limit: States that may wait.
        """
        super().__init__(link, (channel,), limit=limit)
        self._key = key
        self._ended = ended
        self._is_open = is_open
        self._snapshots = Snapshots()
        self._open: dict[Hashable, T] = {}

    async def _items(self, message: Message) -> list[T]:
        check_source(message)
        if not message.is_snapshot:
            return self._take([message.typed().data])
        rows = self._snapshots.join(message)
        if rows is None:
            return []
        there = {self._key(row) for row in rows}
        gone = [await self._ended(row) for key, row in self._open.items() if key not in there]
        return self._take([*(row for row in gone if row is not None), *rows])

    def _take(self, rows: list[T]) -> list[T]:
        """Return what is other than before, and remember it."""
        new = []
        for row in rows:
            key = self._key(row)
            if self._open.get(key) != row:
                new.append(row)
            self._open.pop(key, None)
            if self._is_open(row):
                self._open[key] = row
        return new
