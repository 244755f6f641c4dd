"""What a trader has set of screening, and what has become of its orders since."""

from collections.abc import Callable

from actors.allowance import Allowance
from actors.ports.own_orders import OrderScreening, OrderVerdict, ScreeningState

ALERTS_PER_S = 1 / 60
"""So often is a user told of skipped orders in the long run; each order has its own reason."""
ALERTS = 5.0
"""So often at once."""


class Screened:
    """Belongs to one trader; lives as long as its books."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """Begin switched off; `monotonic` are seconds that only grow."""
        self.choice = OrderScreening()
        self._counts = {"executed": 0, "skipped": 0, "abstained": 0}
        self._last: OrderVerdict | None = None
        self._alerts = Allowance(ALERTS_PER_S, ALERTS, monotonic)
        self._untold = 0

    def count(self, verdict: OrderVerdict) -> None:
        """Keep a verdict as the newest one."""
        self._counts[verdict.outcome] += 1
        self._last = verdict

    def tell(self) -> int | None:
        """Return how many skipped orders the user has not been told of, if one more may be told; else None."""
        if self._alerts.take():
            self._untold += 1
            return None
        untold, self._untold = self._untold, 0
        return untold

    def told(self) -> ScreeningState:
        """Return it as users see it."""
        return ScreeningState(
            choice=self.choice,
            **self._counts,
            last=self._last,
        )
