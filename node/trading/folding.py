"""Positions of desks that are never flat: the engine keeps every fill of them, and we make one of all."""

from collections.abc import Mapping
from typing import Any

import structlog
from nautilus_trader.model import StrategyId
from prometheus_client import Counter

from actors.orders import DESK
from node.trading.crew import Crew
from node.trading.floor import Floor, tag_of
from node.trading.trader import Trader

MOST_FILLS = 100
"""Of which a position may be made before they are folded into one."""
MOST_COPIES = 32
"""So many times it may have turned from long to short and back before."""
ANSWER_S = 10.0

log = structlog.get_logger(__name__)
_folds = Counter("whisperer_position_folds_total", "Positions of the engine whose many fills were made one")


class Folding:
    """Acts on desks alone: they decide nothing, so that nobody acts on a position that is flat for a moment."""

    def __init__(self, crew: Crew, floor: Floor, traders: Mapping[str, Trader]) -> None:
        """Fold on one floor."""
        self._crew = crew
        self._floor = floor
        self._traders = traders

    async def run(self) -> None:
        """Fold what is made of too much; engine and ledger differ until this is done."""
        desks = [one for one in self._traders.values() if (one.user_id, DESK) in self._floor and one.failure is None]
        for trader in desks:
            for position in self._long(trader):
                if not await self._fold(trader, position):
                    return

    def _long(self, trader: Trader) -> list[Any]:
        strategy_id = StrategyId(f"T-{tag_of(trader.user_id, DESK)}")
        return [
            position
            for position in self._floor.cache.positions_open(strategy_id=strategy_id)
            if position.event_count > MOST_FILLS or self._floor.cycles.count(position.id) > MOST_COPIES
        ]

    async def _fold(self, trader: Trader, position: Any) -> bool:  # noqa: ANN401  # the engine's
        """Have the engine believe that it was sold and bought again; False when another engine has taken its place."""
        desk, quantity = self._floor.desk(trader.user_id), position.quantity.as_decimal()
        net, instrument_id = (quantity if position.is_long else -quantity), str(position.instrument_id)
        for change in (-net, net):
            order_id = self._crew.tell_net(trader, desk, instrument_id, change)
            if not await self._floor.answered(order_id, ANSWER_S, is_gone=self._is_gone):
                log.warning("position_not_folded", user_id=trader.user_id, instrument_id=instrument_id)
            if self._is_gone():
                return False
            self._floor.cycles.forget(position.id)
        _folds.inc()
        return True

    def _is_gone(self) -> bool:
        return self._crew.floor is not self._floor
