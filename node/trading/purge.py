"""Has the engine forget what has ended: its own timers leave orders and positions in its cache for ever."""

import asyncio
from collections.abc import Callable

import structlog

from node.trading.engine import EngineTrading

EVERY_S = 10.0
AFTER_S = 60
"""Market seconds after its end: events that come late still find their order.

Twice as many orders in its tables would make these twice as large after some minutes: names that went are in the way.
"""

log = structlog.get_logger(__name__)


async def purge_always(engine: Callable[[], EngineTrading | None], now_ns: Callable[[], int]) -> None:
    """Purge the present engine again and again, for as long as the process lives."""
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            if (present := engine()) is not None:
                purge(present, now_ns())
        except Exception:  # an engine that has just ended: the next one is purged too
            log.exception("engine_not_purged")


def purge(engine: EngineTrading, now_ns: int) -> None:
    """Have an engine forget orders and positions that have ended, and what its accounts were."""
    engine.cache.purge_closed_orders(now_ns, AFTER_S)
    engine.cache.purge_closed_positions(now_ns, AFTER_S)
    engine.cache.purge_account_events(now_ns, AFTER_S)
