"""What an order would do, without sending it."""

from collections.abc import Iterable
from decimal import Decimal, localcontext
from typing import Protocol

from actors.accounts.account import Account
from actors.accounts.claims import Claim, worst_price
from actors.accounts.exact import AVERAGE, EXACT, ZERO, rounded, rounded_up
from actors.accounts.risk import Risk, Situation, reference_price
from actors.accounts.terms import Terms
from actors.orders import OrderRow, OrderSide
from actors.ports.traders import Marks, Preview
from config.errors import NodeError

type Offer = tuple[Decimal, Decimal]
"""Price and quantity of one level of the book."""


class Depth(Protocol):
    """The visible book."""

    def offers(self, instrument_id: str, side: OrderSide) -> Iterable[Offer]:
        """Return the levels that an order of `side` would meet, best first; none when no book is known."""


def preview(
    row: OrderRow, account: Account, situation: Situation, *, risk: Risk, marks: Marks, depth: Depth
) -> Preview:
    """Return cost and fate of an order; its rate is not counted (`situation` without a bucket)."""
    terms = account.terms(row.instrument_id)
    problem: NodeError | None = None
    try:
        risk.check(row, account, situation)
    except NodeError as e:
        problem = e
    with localcontext(EXACT):
        taken, worth = taken_at_once(row, depth, terms)
        price = _expected(row, marks, taken, worth)
        notional = row.quantity * (price or ZERO) * terms.multiplier
        now = worth * terms.multiplier
        fee = now * terms.taker_fee + (notional - now) * (terms.maker_fee if row.type == "limit" else terms.taker_fee)
        return Preview(
            is_valid=problem is None,
            notional=rounded_up(notional, terms.unit),
            fee=rounded_up(fee, terms.unit),
            margin=rounded_up(_bound(row, account, price or ZERO, terms), terms.unit),
            price=None if price is None else rounded(price, AVERAGE),
            currency=terms.settlement,
            problem=problem,
        )


def taken_at_once(row: OrderRow, depth: Depth, terms: Terms) -> tuple[Decimal, Decimal]:
    """Return the quantity that the visible book gives at once, and the sum of price times quantity of it."""
    taken = worth = ZERO
    if row.type not in {"market", "limit"} or row.post_only:
        return taken, worth
    for price, size in depth.offers(terms.instrument_id, row.side):
        if row.price is not None and (price > row.price if row.side == "buy" else price < row.price):
            break
        part = min(size, row.quantity - taken)
        taken, worth = taken + part, worth + part * price
        if taken == row.quantity:
            break
    return taken, worth


def _expected(row: OrderRow, marks: Marks, taken: Decimal, worth: Decimal) -> Decimal | None:
    """Return the average price: what the book gives at once, and the order's own price for what rests."""
    try:
        rest = row.price if row.price is not None else reference_price(row, marks)
    except NodeError:
        rest = None
    if taken == row.quantity:
        return worth / taken
    return None if rest is None else (worth + (row.quantity - taken) * rest) / row.quantity


def _bound(row: OrderRow, account: Account, price: Decimal, terms: Terms) -> Decimal:
    """Return what of the settlement currency it would bind beside what is bound already."""
    if row.reduce_only and terms.is_perpetual:
        return ZERO
    notional = row.quantity * worst_price(row, price, terms) * terms.multiplier
    fee = notional * max(terms.taker_fee, ZERO)
    claim = account.claims.growth(row, Claim(row.quantity, notional, fee))
    after = account.locks_with(row.instrument_id, row.side, claim).get(terms.settlement, ZERO)
    return max(after - account.locks(row.instrument_id).get(terms.settlement, ZERO), ZERO)
