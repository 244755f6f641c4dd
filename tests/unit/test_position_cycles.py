"""How often positions were closed is counted of those that the engine still knows."""

from nautilus_trader.model import PositionId

from node.trading.cycles import FEW, MOST_CYCLES, Cycles


class ClosedPosition:
    is_closed = True


class EngineCache:
    """Positions that were closed and are not purged yet."""

    def __init__(self):
        self.known = {}
        self.purged = []

    def position(self, position_id):
        return self.known.get(position_id)

    def purge_position(self, position_id):
        self.purged.append(position_id)
        del self.known[position_id]


def test_positions_that_the_engine_has_forgotten_are_not_counted_for_ever():
    cache = EngineCache()
    cycles, kept = Cycles(cache), PositionId("BTC-USDT.SIM-T-kept")
    cache.known[kept] = ClosedPosition()
    cycles.closed(kept)
    for number in range(5 * FEW):
        cycles.closed(PositionId(f"BTC-USDT.SIM-T-{number}"))
        assert len(cycles) <= FEW

    assert cycles.count(kept) == 1
    for _ in range(MOST_CYCLES - 1):
        cycles.closed(kept)
    assert (cache.purged, cycles.count(kept)) == ([kept], 0)
