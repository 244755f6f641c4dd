"""What accounts are worth at the market's prices: equity, margins, liquidation prices."""

from collections.abc import Callable, Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext

from msgspec import Struct

from actors.accounts.account import Account
from actors.accounts.exact import EXACT, ZERO, rounded, rounded_up, unit_of
from actors.accounts.ledger import Position
from actors.accounts.prices import Prices
from actors.orders import PositionRow

type Price = Callable[[str], Decimal | None]
"""Instrument -> its newest price."""


class Pool(Struct, frozen=True, kw_only=True):
    """The perpetuals of an account that settle in one currency, and the cash that stands for them."""

    currency: str
    equity: Decimal
    """Cash and unrealized profit."""
    unrealized: Decimal
    maintenance: Decimal
    """Below this the positions are liquidated."""

    @property
    def is_short(self) -> bool:
        """Whether it cannot carry its positions any more."""
        return self.equity < self.maintenance


class Valuation:
    """Values accounts; a position without a price counts as worth what it cost."""

    def __init__(self, prices: Prices) -> None:
        """Value by the market as `prices` tell it."""
        self._prices = prices
        self._price = prices.last

    def position(self, account: Account, instrument_id: str, ts: int) -> PositionRow:
        """Return an account's position in an instrument, flat when there is none."""
        position = account.ledger.position(instrument_id)
        mark = self._price(instrument_id)
        is_open, is_perpetual = bool(position.quantity), position.terms.is_perpetual
        with localcontext(EXACT):
            unrealized = rounded(position.unrealized(mark), position.terms.unit) if is_open and mark else None
            rate = account.margin_rate(position.terms)
            margin = rounded_up(abs(position.cost) * rate, position.terms.unit) if is_open and is_perpetual else None
        return PositionRow(
            user_id=account.user_id,
            account_id=account.account_id,
            instrument_id=instrument_id,
            quantity=position.quantity,
            cost=position.cost,
            realized_pnl=position.realized,
            fees=position.fees,
            funding=position.funding,
            mark_price=mark,
            unrealized_pnl=unrealized,
            margin=margin,
            liquidation_price=self.liquidation_price(account, position) if is_open and is_perpetual else None,
            ts=max(ts, position.ts),
        )

    def pool(self, account: Account, currency: str) -> Pool:
        """Return the state of the perpetuals that settle in a currency."""
        unrealized = maintenance = ZERO
        with localcontext(EXACT):
            for position in perpetuals(account, currency):
                mark = self._price(position.terms.instrument_id)
                worth = position.cost if mark is None else position.value(mark)
                unrealized += worth - position.cost
                maintenance += abs(worth) * position.terms.margin_maint
            equity = account.cash.get(currency, ZERO) + unrealized
        return Pool(currency=currency, equity=equity, unrealized=unrealized, maintenance=maintenance)

    def available(self, account: Account, currency: str) -> Decimal:
        """Return what can be bound: what is free, less losses not realized yet; gains count once realized."""
        pool = self.pool(account, currency)
        free = EXACT.subtract(account.cash.get(currency, ZERO), account.locked(currency))
        return EXACT.add(free, min(pool.unrealized, ZERO))

    def liquidation_price(self, account: Account, position: Position) -> Decimal | None:
        """Return the price at which the position's pool falls to its maintenance margin, all else staying as it is.

        Rounded to the instrument's increment towards the market; None when no price does it.
        """
        terms, mark = position.terms, self._price(position.terms.instrument_id)
        pool = self.pool(account, terms.settlement)
        with localcontext(EXACT):
            worth = position.cost if mark is None else position.value(mark)
            others = pool.equity - (worth - position.cost)
            maintenance = pool.maintenance - abs(worth) * terms.margin_maint
            slope = (position.quantity - abs(position.quantity) * terms.margin_maint) * terms.multiplier
            if not slope:
                return None
            price = (position.cost - others + maintenance) / slope
            if price <= 0:
                return None
            rounding = ROUND_CEILING if position.quantity > 0 else ROUND_FLOOR
            return (price / terms.price_increment).to_integral_value(rounding) * terms.price_increment

    def unrealized(self, account: Account) -> Decimal:
        """Return the profit not realized yet of all positions, in the main currency."""
        with localcontext(EXACT):
            total = ZERO
            for position in opened(account):
                mark = self._price(position.terms.instrument_id)
                if mark is not None:
                    total += self._main(account, position.terms.settlement, position.unrealized(mark))
            return rounded(total, unit_of(account.currency))

    def equity(self, account: Account) -> Decimal:
        """Return everything the account has, in its main currency; a currency without a price counts nothing."""
        with localcontext(EXACT):
            total = sum((self._main(account, name, amount) for name, amount in account.cash.items()), ZERO)
            for position in perpetuals(account):
                mark = self._price(position.terms.instrument_id)
                if mark is not None:
                    total += self._main(account, position.terms.settlement, position.unrealized(mark))
            return rounded(total, unit_of(account.currency))

    def knows(self, account: Account) -> bool:
        """Return whether every price has come that the account's worth needs and that the market has."""
        main, prices = account.currency, self._prices
        return all(self._price(one.terms.instrument_id) is not None for one in opened(account)) and not any(
            amount and prices.rate(currency, main) is None and prices.trades(currency, main)
            for currency, amount in account.cash.items()
        )

    def margin_used(self, account: Account) -> Decimal:
        """Return what positions and orders in perpetuals bind, in the main currency."""
        with localcontext(EXACT):
            total = ZERO
            for position in account.ledger.positions.values():
                if position.terms.is_perpetual:
                    margin = account.margin(position.terms.instrument_id)
                    total += self._main(account, position.terms.settlement, margin)
            return total

    def exposure(self, account: Account, *, but: str) -> Decimal:
        """Return the notional, in the main currency, that all other perpetuals can reach with their working orders."""
        names = {one.terms.instrument_id for one in perpetuals(account)} | account.claims.instruments()
        with localcontext(EXACT):
            total = ZERO
            for name in names - {but}:
                terms = account.terms(name)
                if terms.is_perpetual:
                    total += self._main(account, terms.settlement, self._reached(account, name))
            return total

    def main(self, account: Account, currency: str, amount: Decimal) -> Decimal:
        """Return an amount in the account's main currency; 0 when nobody knows its price."""
        with localcontext(EXACT):
            return rounded(self._main(account, currency, amount), unit_of(account.currency))

    def fees(self, account: Account) -> Decimal:
        """Return the fees paid so far, in the main currency."""
        with localcontext(EXACT):
            total = sum((self._main(account, name, amount) for name, amount in account.fees.items()), ZERO)
            return rounded(total, unit_of(account.currency))

    def realized(self, account: Account) -> Decimal:
        """Return the realized profit so far, before fees, in the main currency."""
        positions = account.ledger.positions.values()
        with localcontext(EXACT):
            total = sum((self._main(account, one.terms.settlement, one.realized) for one in positions), ZERO)
            return rounded(total, unit_of(account.currency))

    def _reached(self, account: Account, instrument_id: str) -> Decimal:
        position, claims = account.ledger.position(instrument_id), account.claims
        buys = claims.total(instrument_id, "buy", reduce_only=False)
        sells = claims.total(instrument_id, "sell", reduce_only=False)
        mark = self._price(instrument_id)
        worth = position.cost if mark is None else position.value(mark)
        return max(worth + buys.notional, sells.notional - worth, abs(worth))

    def _main(self, account: Account, currency: str, amount: Decimal) -> Decimal:
        if currency == account.currency or not amount:
            return amount
        rate = self._prices.rate(currency, account.currency)
        return ZERO if rate is None else amount * rate


def opened(account: Account) -> Iterator[Position]:
    """Yield the positions that are not flat."""
    return (one for one in account.ledger.positions.values() if one.quantity)


def perpetuals(account: Account, currency: str | None = None) -> Iterator[Position]:
    """Yield the open positions that settle profits, all or those in a currency."""
    for one in opened(account):
        if one.terms.is_perpetual and currency in {None, one.terms.settlement}:
            yield one
