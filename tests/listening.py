"""Who listens to a player, for tests."""

import asyncio
from contextlib import asynccontextmanager

ENOUGH = 300


class Ears:
    """A listener that keeps what it hears and handles it at once, or some of it each turn of the loop."""

    def __init__(self, *, a_turn: int | None = None, deaf_after: int | None = None):
        self.heard, self.positions, self.waiting, self.most = [], [], 0, 0
        self.enough, self._marks = asyncio.Event(), []
        self._a_turn = a_turn
        self._deaf_after = deaf_after

    def deliver(self, events, position_ns):
        self.heard += events
        self.positions.append(position_ns)
        if self._deaf_after is not None and len(self.heard) > self._deaf_after:
            raise RuntimeError("cannot hear")
        if len(self.heard) >= ENOUGH:
            self.enough.set()
        for reached, event in self._marks:
            if reached():
                event.set()
        if self._a_turn is not None:
            self.waiting += len(events)
            self.most = max(self.most, self.waiting)
            asyncio.get_running_loop().call_soon(self.handle)

    async def until(self, reached):
        """Wait until something holds after a delivery."""
        event = asyncio.Event()
        self._marks.append((reached, event))
        await event.wait()

    def handle(self):
        self.waiting = max(0, self.waiting - self._a_turn)
        if self.waiting:
            asyncio.get_running_loop().call_soon(self.handle)

    def backlog(self):
        return self.waiting


@asynccontextmanager
async def playing(player, ears):
    player.attach(ears)
    task = asyncio.create_task(player.run(ears))
    try:
        async with asyncio.timeout(60):
            yield task
    finally:
        task.cancel()
        await asyncio.wait([task])
