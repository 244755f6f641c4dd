"""Watches the prices at which accounts could not carry their positions any more."""

from collections.abc import Callable, Iterable
from decimal import Decimal

from actors.accounts.account import Account
from actors.accounts.ledger import Position
from actors.accounts.valuation import Pool, Valuation, perpetuals

type Short = Callable[[Account, Pool, list[str], bool], None]
"""(account, its pool, the instruments to close, whether this is the first time)."""


class InstrumentWatch:
    """The accounts that hold one perpetual: as long as the price stays between two bounds nothing is computed."""

    __slots__ = ("_ceilings", "_floors", "_mixed", "ceiling", "floor")

    def __init__(self) -> None:
        """Watch nobody."""
        self._floors: dict[str, int] = {}
        self._ceilings: dict[str, int] = {}
        self._mixed: set[str] = set()
        self.floor = -1
        """Price units at or below which somebody must be looked at."""
        self.ceiling = 1 << 62
        """At or above."""

    def put(self, account_id: str, *, floor: int | None, ceiling: int | None, is_mixed: bool) -> None:
        """Watch an account; `is_mixed`: its bounds depend on other prices too, so it is looked at every time."""
        self.drop(account_id)
        if is_mixed:
            self._mixed.add(account_id)
        if floor is not None:
            self._floors[account_id] = floor
        if ceiling is not None:
            self._ceilings[account_id] = ceiling
        self._bound()

    def drop(self, account_id: str) -> None:
        """Watch an account no more."""
        self._mixed.discard(account_id)
        self._floors.pop(account_id, None)
        self._ceilings.pop(account_id, None)
        self._bound()

    def touched(self, units: int) -> Iterable[str]:
        """Return the accounts to look at when the price is `units`."""
        found = set(self._mixed)
        if units <= self.floor:
            found.update(name for name, floor in self._floors.items() if units <= floor)
        if units >= self.ceiling:
            found.update(name for name, ceiling in self._ceilings.items() if units >= ceiling)
        return sorted(found)

    @property
    def is_empty(self) -> bool:
        """Whether it watches nobody."""
        return not (self._floors or self._ceilings or self._mixed)

    def _bound(self) -> None:
        self.floor = 1 << 62 if self._mixed else max(self._floors.values(), default=-1)
        self.ceiling = min(self._ceilings.values(), default=1 << 62)


class Watch:
    """Finds pools below their maintenance margin; each is told once until it has recovered or is flat."""

    def __init__(self, valuation: Valuation, short: Short) -> None:
        """Begin with nobody.

        Args:
            valuation: Knows what pools are worth.
            short: Called when a pool has become short, and by `again`.
        """
        self._valuation = valuation
        self._short = short
        self._accounts: dict[str, Account] = {}
        self._instruments: dict[str, InstrumentWatch] = {}
        self._held: dict[str, set[str]] = {}
        self._told: set[tuple[str, str]] = set()

    def on_price(self, instrument_id: str, units: int) -> None:
        """Look at those whom a price concerns; one dictionary look-up when it concerns nobody."""
        watch = self._instruments.get(instrument_id)
        if watch is None or watch.floor < units < watch.ceiling:
            return
        for account_id in watch.touched(units):
            account = self._accounts[account_id]
            self._look(account, account.terms(instrument_id).settlement)

    def update(self, account: Account) -> None:
        """Watch an account as it is now, after anything in it has changed; the next price tells whether it is short."""
        positions = list(perpetuals(account))
        names = {one.terms.instrument_id for one in positions}
        for name in self._held.get(account.account_id, set()) - names:
            self._unwatch(account.account_id, name)
        if not names:
            self._held.pop(account.account_id, None)
            self._accounts.pop(account.account_id, None)
            self._told = {one for one in self._told if one[0] != account.account_id}
            return
        self._accounts[account.account_id] = account
        self._held[account.account_id] = names
        settlements = [one.terms.settlement for one in positions]
        for one in positions:
            self._put(account, one, is_mixed=settlements.count(one.terms.settlement) > 1)
        for currency in set(settlements):
            if not self._valuation.pool(account, currency).is_short:
                self._told.discard((account.account_id, currency))

    def again(self) -> None:
        """Tell once more of the pools that are still short: what closes them may have been refused."""
        for account_id, currency in sorted(self._told):
            account = self._accounts[account_id]
            pool = self._valuation.pool(account, currency)
            if pool.is_short:
                self._tell(account, pool, is_first=False)

    def forget(self, account_id: str) -> None:
        """Watch an account no more."""
        for name in self._held.pop(account_id, set()):
            self._unwatch(account_id, name)
        self._accounts.pop(account_id, None)
        self._told = {one for one in self._told if one[0] != account_id}

    def _put(self, account: Account, position: Position, *, is_mixed: bool) -> None:
        terms = position.terms
        watch = self._instruments.setdefault(terms.instrument_id, InstrumentWatch())
        floor = ceiling = None
        if not is_mixed:
            price = self._valuation.liquidation_price(account, position)
            units = None if price is None else _units(price, terms.instrument.price_precision)
            if position.quantity > 0:
                floor = units
            else:
                ceiling = 0 if units is None else units  # no price is low enough: short already
        watch.put(account.account_id, floor=floor, ceiling=ceiling, is_mixed=is_mixed)

    def _unwatch(self, account_id: str, instrument_id: str) -> None:
        watch = self._instruments.get(instrument_id)
        if watch is None:  # others have left, and no price could have made this account short
            return
        watch.drop(account_id)
        if watch.is_empty:
            del self._instruments[instrument_id]

    def _look(self, account: Account, currency: str) -> None:
        key = (account.account_id, currency)
        pool = self._valuation.pool(account, currency)
        if not pool.is_short:
            self._told.discard(key)
        elif key not in self._told:
            self._told.add(key)
            self._tell(account, pool, is_first=True)

    def _tell(self, account: Account, pool: Pool, *, is_first: bool) -> None:
        names = [one.terms.instrument_id for one in perpetuals(account, pool.currency)]
        if names:
            self._short(account, pool, names, is_first)


def _units(price: Decimal, places: int) -> int:
    return int(price.scaleb(places))
