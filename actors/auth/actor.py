"""Shell: the engine's timer, by which sessions end, uses are written down and keys are renewed."""

import asyncio
from datetime import timedelta
from typing import Protocol, override

import structlog
from nautilus_trader.common import DataActorConfig, TimeEvent

from actors.guard import Faults, guarded
from actors.shell import Shell
from config.errors import NodeError

TIMER = "auth-upkeep"
EVERY_S = 1.0

log = structlog.get_logger(__name__)


class Due(Protocol):
    """What has to be done from time to time."""

    async def turn(self) -> None:
        """Do what is due.

        Raises:
            StoreUnavailableError: If it cannot be written; the next turn tries it again.
        """


class AuthActor(Shell):
    """Has done what is due about people, for one built node; a rebuild goes on with another."""

    def __init__(self, config: DataActorConfig, upkeep: Due, *, every_s: float = EVERY_S) -> None:
        """Attach to what outlives the node.

        Args:
            config: The engine's.
            upkeep: What is called, one turn after the other.
            every_s: How often.
        """
        super().__init__(config)
        self.faults = Faults("auth")
        self._upkeep = upkeep
        self._every_s = every_s
        self._turn: asyncio.Task[None] | None = None

    @override
    @guarded
    def on_start(self) -> None:
        self.clock.set_timer(TIMER, timedelta(seconds=self._every_s), callback=self.on_timer)

    @override
    @guarded
    def on_stop(self) -> None:
        self.clock.cancel_timer(TIMER)
        if self._turn is not None:
            self._turn.cancel()

    @guarded
    def on_timer(self, _event: TimeEvent) -> None:
        """Begin a turn, unless the one before still waits for the disk."""
        if self._turn is None or self._turn.done():
            self._turn = asyncio.get_running_loop().create_task(self._due())

    async def _due(self) -> None:
        try:
            await self._upkeep.turn()
        except NodeError as e:
            log.warning("auth_upkeep_failed", reason=str(e))
        except Exception as e:  # noqa: BLE001  # the boundary of a task of this shell
            self.faults.record("turn", e)
