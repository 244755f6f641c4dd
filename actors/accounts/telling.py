"""What is told of accounts: first to the journal, then to users, in order."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal
from uuid import uuid4

from actors.accounts.account import Account
from actors.orders import AlertRow, BalanceRow, FillRow, OrderRow, PositionRow
from actors.ports.journal import Journal, JournalRow
from actors.ports.traders import AccountListener

AlertKind = Literal["repair", "liquidation", "price"]


class Telling:
    """Users hear of an account what is on the disk, in the order in which it happened."""

    def __init__(self, journal: Journal, listener: AccountListener) -> None:
        """Tell these two."""
        self._journal = journal
        self.acted = listener.acted
        """Tells of an order, durable already, that was sent because of a signal."""
        self._tell = {
            OrderRow: listener.order,
            FillRow: listener.fill,
            PositionRow: listener.position,
            BalanceRow: listener.balance,
            AlertRow: listener.alert,
        }
        self._waiting: dict[str, int] = {}
        self._balances: dict[str, dict[str, tuple[Decimal, Decimal]]] = {}

    def send(self, account_id: str, rows: Sequence[JournalRow], *, is_harmless: bool = False) -> None:
        """Write rows and tell them once they are durable.

        Args:
            account_id: Whose they are.
            rows: In their order; what users are not told is only written.
            is_harmless: Nothing is lost if the process dies before they are durable: they are told at once, unless
                others of the account are waiting to be told.
        """
        if is_harmless and not self._waiting.get(account_id):
            self._journal.write(*rows)
            self._tell_all(rows)
            return
        self._waiting[account_id] = self._waiting.get(account_id, 0) + 1
        self._journal.write(*rows, told=lambda: self._durable(account_id, rows))

    def write(self, *rows: JournalRow) -> None:
        """Write rows that no user waits for."""
        self._journal.write(*rows)

    def alert(self, account: Account, kind: AlertKind, message: str, ts: int) -> None:
        """Journal and tell something critical."""
        row = AlertRow(
            user_id=account.user_id, alert_id=uuid4().hex, kind=kind, level="critical", message=message, ts=ts
        )
        self.send(account.account_id, [row])

    def changed_balances(self, account: Account, ts: int) -> list[BalanceRow]:
        """Return the balances that are others than when this was asked last."""
        known = self._balances.setdefault(account.account_id, {})
        rows = []
        for currency, total in account.cash.items():
            now = (total, account.locked(currency))
            if known.get(currency) != now:
                known[currency] = now
                rows.append(account.balance(currency, ts))
        return rows

    def forget(self, account_id: str) -> None:
        """Know nothing of an account's balances any more."""
        self._balances.pop(account_id, None)

    def _durable(self, account_id: str, rows: Sequence[JournalRow]) -> None:
        left = self._waiting.pop(account_id) - 1
        if left:
            self._waiting[account_id] = left
        self._tell_all(rows)

    def _tell_all(self, rows: Sequence[JournalRow]) -> None:
        for row in rows:
            tell = self._tell.get(type(row))
            if tell is not None:
                tell(row)  # type: ignore[operator]  # each takes its own kind of row
