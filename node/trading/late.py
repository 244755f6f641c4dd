"""Who tells users; named after the books are made."""

from typing import Protocol

from actors.orders import AlertRow, BalanceRow, FillRow, OrderRow, PositionRow
from actors.ports.traders import AccountListener
from actors.trade_signals import TradeSignalRow


class Resettable(AccountListener, Protocol):
    """Who tells users, and can begin anew with all of them."""

    def opened(self, user_id: str) -> None:
        """Begin with an account that has just been opened: all of it is on the disk."""

    def reset(self) -> None:
        """Begin anew: the books were closed and others opened."""


class LateListener:
    """Passes everything on to `target` as soon as there is one: what comes before is in everybody's snapshot."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self.target: Resettable | None = None

    def opened(self, user_id: str) -> None:
        """Tell of an account that nothing has happened to yet."""
        if self.target is not None:
            self.target.opened(user_id)

    def order(self, row: OrderRow) -> None:
        """Tell an order's new state."""
        if self.target is not None:
            self.target.order(row)

    def fill(self, row: FillRow) -> None:
        """Tell a fill."""
        if self.target is not None:
            self.target.fill(row)

    def position(self, row: PositionRow) -> None:
        """Tell a position's new state."""
        if self.target is not None:
            self.target.position(row)

    def balance(self, row: BalanceRow) -> None:
        """Tell a balance's new state."""
        if self.target is not None:
            self.target.balance(row)

    def alert(self, row: AlertRow) -> None:
        """Tell what a user should know."""
        if self.target is not None:
            self.target.alert(row)

    def acted(self, row: TradeSignalRow) -> None:
        """Tell that a strategy has acted on a signal."""
        if self.target is not None:
            self.target.acted(row)
