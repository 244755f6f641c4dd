"""All accounts as others may ask for them: by user, by id, valued at the market's prices."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from msgspec import Struct

from actors.accounts.account import Account
from actors.accounts.days import Days
from actors.accounts.prices import Prices
from actors.accounts.terms import Terms
from actors.accounts.valuation import Valuation, opened
from actors.market import Instrument
from actors.orders import BalanceRow, OrderStatus, PositionRow
from actors.ports.traders import AccountView, Marks
from config.errors import NotFoundError, UnknownInstrumentError


class AccountSnapshot(Struct, frozen=True, kw_only=True):
    """One account, to be compared with what others know of it."""

    working: Mapping[str, tuple[OrderStatus, Decimal]]
    """order_id -> status and filled quantity."""
    positions: Mapping[str, Decimal]
    """Instrument -> signed quantity; flat ones are left out."""
    nets: Mapping[tuple[str, str], Decimal]
    """(strategy, instrument) -> signed quantity; flat ones are left out."""
    cash: Mapping[str, Decimal]


class Books:
    """The reading half of `Accounts`."""

    def __init__(self, instruments: Mapping[str, Instrument], marks: Marks) -> None:
        """Begin without accounts.

        Args:
            instruments: What can be traded.
            marks: Prices, as long as nobody has told others.
        """
        self._terms = {name: Terms.of(one) for name, one in instruments.items()}
        self._prices = Prices(self._terms, marks)
        self.valuation = Valuation(self._prices)
        self.days = Days(self.valuation)
        self._accounts: dict[str, Account] = {}
        self._by_user: dict[str, Account] = {}
        self._now = 0

    def __iter__(self) -> Iterator[Account]:
        return iter(self._accounts.values())

    def account(self, account_id: str) -> Account:
        """Return an account.

        Raises:
            NotFoundError: If there is none.
        """
        found = self._accounts.get(account_id)
        if found is None:
            raise NotFoundError(f"no account {account_id[:40]!r}")
        return found

    def of_user(self, user_id: str) -> Account:
        """Return a user's account.

        Raises:
            NotFoundError: If the user has none.
        """
        found = self._by_user.get(user_id)
        if found is None:
            raise NotFoundError("you have no account here")
        return found

    def terms(self, instrument_id: str) -> Terms:
        """Return the numbers of an instrument.

        Raises:
            UnknownInstrumentError: If there is none.
        """
        found = self._terms.get(instrument_id)
        if found is None:
            raise UnknownInstrumentError(f"no instrument {instrument_id[:60]!r}")
        return found

    def view(self, account_id: str) -> AccountView:
        """Return an account at this moment."""
        account, worth = self.account(account_id), self.valuation
        return AccountView(
            account_id=account_id,
            kind=account.kind,
            currency=account.currency,
            equity=worth.equity(account),
            cash=account.cash[account.currency],
            unrealized_pnl=worth.unrealized(account),
            realized_pnl=worth.realized(account),
            fees=worth.fees(account),
            margin_used=worth.margin_used(account),
            day_pnl=self.days.profit(account),
            ts=self._now,
        )

    def positions(self, account_id: str) -> list[PositionRow]:
        """Return an account's open positions."""
        account = self.account(account_id)
        return [self.valuation.position(account, one.terms.instrument_id, self._now) for one in opened(account)]

    def balances(self, account_id: str) -> list[BalanceRow]:
        """Return an account's currencies, the main one first."""
        return self.account(account_id).balances(self._now)

    def snapshot(self, account_id: str) -> AccountSnapshot:
        """Return an account as it must be found by who compares it with the journal or the venue."""
        account = self.account(account_id)
        return AccountSnapshot(
            working={row.order_id: (row.status, row.filled_quantity) for row in account.orders.working()},
            positions={one.terms.instrument_id: one.quantity for one in opened(account)},
            nets=dict(account.ledger.nets),
            cash={currency: amount for currency, amount in account.cash.items() if amount},
        )
