"""Funding of perpetuals: what long positions pay to short ones at 00, 08 and 16 h UTC of market time."""

from collections.abc import Iterator
from decimal import Decimal, localcontext

from actors.accounts.account import Account
from actors.accounts.exact import EXACT, rounded
from actors.accounts.ledger import Position
from actors.accounts.valuation import Price, perpetuals
from actors.market import HOUR_NS
from actors.orders import CashRow

EVERY_NS = 8 * HOUR_NS
MOST = 90
"""A position pays for at most so many times at once: the thirty days before."""


class Funding:
    """Computes who pays what; a time is paid for once, also over restarts."""

    def __init__(self, rate: Decimal, price: Price) -> None:
        """Fund at a rate.

        Args:
            rate: Share of the notional that long positions pay each time; negative: receive.
            price: The newest price of an instrument.
        """
        self._rate = rate
        self._price = price

    def due(self, account: Account, ts: int) -> list[CashRow]:
        """Return what an account pays and receives for the times up to `ts` that it has not paid for."""
        return [row for one in list(perpetuals(account)) for row in self._rows(account, one, ts)] if self._rate else []

    def _rows(self, account: Account, position: Position, ts: int) -> Iterator[CashRow]:
        price = self._price(position.terms.instrument_id)
        if price is None:
            return
        newest = ts - ts % EVERY_NS
        first = max(position.funded_at - position.funded_at % EVERY_NS + EVERY_NS, newest - (MOST - 1) * EVERY_NS)
        with localcontext(EXACT):
            amount = rounded(-position.value(price) * self._rate, position.terms.unit)
        for at in range(first, newest + 1, EVERY_NS):
            yield CashRow(
                user_id=account.user_id,
                account_id=account.account_id,
                cash_id=f"funding:{position.terms.instrument_id}:{at}",
                kind="funding",
                currency=position.terms.settlement,
                amount=amount,
                instrument_id=position.terms.instrument_id,
                ts=at,
            )
