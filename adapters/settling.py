"""When a market may begin to move: as soon as everybody has subscribed."""

import asyncio

from actors.waiting import until

SETTLE_S = 0.02
"""No subscription has come for so long."""
ALONE_S = 0.5
"""Or there has been none at all for so long."""


class Settling:
    """Waits for subscriptions to end, so that the first tick finds everybody."""

    def __init__(self, adding: asyncio.Lock) -> None:
        """Begin; `adding` is held while a subscription is being made."""
        self._adding = adding
        self._has_come = False

    def note(self) -> None:
        """Say that a subscription has come."""
        self._has_come = True

    async def wait(self) -> None:
        """Return when no more come."""
        wait_s = ALONE_S
        while await self._is_changing(wait_s):
            wait_s = SETTLE_S

    async def _is_changing(self, wait_s: float) -> bool:
        """Return whether a subscription comes within `wait_s` seconds or is still being made."""
        self._has_come = False
        return await until(lambda: self._has_come, wait_s) or self._adding.locked()
