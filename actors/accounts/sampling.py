"""The equity curve: what accounts are worth at market minutes."""

from collections.abc import Iterable
from decimal import Decimal

from actors.accounts.account import Account
from actors.accounts.valuation import Valuation, opened
from actors.market import HOUR_NS
from actors.orders import EquityRow

type _Worth = tuple[Decimal, Decimal, Decimal, Decimal]


class Sampling:
    """Takes a row a minute of what moves, and one an hour of everything else."""

    def __init__(self, valuation: Valuation) -> None:
        """Begin without samples."""
        self._valuation = valuation
        self._moving: dict[str, Account] = {}
        self._last: dict[str, _Worth] = {}

    def touch(self, account: Account) -> None:
        """Note that an account has changed: the next minute takes a sample."""
        self._moving[account.account_id] = account

    def forget(self, account_id: str) -> None:
        """Take no more samples of an account."""
        self._moving.pop(account_id, None)
        self._last.pop(account_id, None)

    def sample(self, accounts: Iterable[Account], ts: int) -> list[EquityRow]:
        """Return the rows of minute `ts`: all accounts at full hours, else those that are worth something else now."""
        is_hour = ts % HOUR_NS == 0
        rows = []
        for account in list(accounts if is_hour else self._moving.values()):
            if not any(opened(account)):
                self._moving.pop(account.account_id, None)
            if not self._valuation.knows(account):
                continue
            row = self.row(account, ts)
            worth = (row.equity, row.cash, row.unrealized_pnl, row.fees)
            if is_hour or self._last.get(account.account_id) != worth:
                rows.append(row)
            self._last[account.account_id] = worth
        return rows

    def row(self, account: Account, ts: int) -> EquityRow:
        """Return what an account is worth now."""
        return EquityRow(
            user_id=account.user_id,
            account_id=account.account_id,
            ts=ts,
            equity=self._valuation.equity(account),
            cash=account.cash[account.currency],
            unrealized_pnl=self._valuation.unrealized(account),
            fees=self._valuation.fees(account),
        )
