"""What accounts have won and lost since 00:00 UTC of market time."""

from collections.abc import Iterable
from decimal import Decimal, localcontext

from msgspec import Struct

from actors.accounts.account import Account
from actors.accounts.exact import EXACT, ZERO
from actors.accounts.valuation import Valuation
from actors.market import DAY_NS
from actors.ports.journal import NodeRow

PREFIX = "day:"
"""Names of the journal's rows about days."""


class Day(Struct):
    """One account's day."""

    start: int
    """00:00 UTC, UNIX ns."""
    base: Decimal
    """Equity then, with what was deposited since."""
    is_stopped: bool = False
    """The daily loss was reached."""

    def row(self, account_id: str) -> NodeRow:
        """Return what the journal keeps of it."""
        return NodeRow(name=PREFIX + account_id, value=f"{self.start} {self.base} {int(self.is_stopped)}")


class Days:
    """Keeps every account's day; a day begins once all of its prices are known."""

    def __init__(self, valuation: Valuation) -> None:
        """Begin without accounts."""
        self._valuation = valuation
        self._days: dict[str, Day] = {}

    def restore(self, account_id: str, value: str | None) -> None:
        """Go on with a day as journalled, None: wait for the next `begin`."""
        self._days.pop(account_id, None)
        if value is not None:
            start, base, stopped = value.split(" ")
            self._days[account_id] = Day(int(start), Decimal(base), stopped == "1")

    def begin(self, accounts: Iterable[Account], ts: int) -> list[NodeRow]:
        """Begin the day of `ts` for the accounts that are in another one; return what must be kept."""
        start = ts - ts % DAY_NS
        rows = []
        for account in accounts:
            day = self._days.get(account.account_id)
            if (day is None or day.start != start) and self._valuation.knows(account):
                day = self._days[account.account_id] = Day(start, self._valuation.equity(account))
                rows.append(day.row(account.account_id))
        return rows

    def deposit(self, account: Account, amount: Decimal) -> list[NodeRow]:
        """Count money that came or went by no merit of trading, main currency."""
        day = self._days.get(account.account_id)
        if day is None:
            return []
        day.base = EXACT.add(day.base, amount)
        return [day.row(account.account_id)]

    def profit(self, account: Account) -> Decimal:
        """Return the profit of the day so far, main currency; 0 before the day could begin."""
        day = self._days.get(account.account_id)
        if day is None or not self._valuation.knows(account):
            return ZERO
        with localcontext(EXACT):
            return self._valuation.equity(account) - day.base

    def is_stopped(self, account: Account) -> bool:
        """Return whether the daily loss was reached today."""
        day = self._days.get(account.account_id)
        return day is not None and day.is_stopped

    def stop(self, account: Account) -> list[NodeRow]:
        """Note that the daily loss was reached; return what must be kept, nothing when it was noted before."""
        day = self._days.get(account.account_id)
        if day is None or day.is_stopped:
            return []
        day.is_stopped = True
        return [day.row(account.account_id)]
