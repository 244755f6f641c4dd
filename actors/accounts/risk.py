"""Our checks before the engine's: may this account send this order now."""

from decimal import Decimal, localcontext
from typing import Protocol

from msgspec import Struct

from actors.accounts.account import Account
from actors.accounts.claims import NOTHING, Claim, claim_of
from actors.accounts.exact import EXACT, ZERO, plain
from actors.accounts.valuation import Valuation
from actors.orders import OrderRow
from actors.ports.host import TradingStateName
from actors.ports.traders import Limits, Marks
from config.errors import (
    InsufficientMarginError,
    OrderDeniedError,
    RateLimitedError,
    TradingHaltedError,
    VenueUnavailableError,
)

_STRICTNESS: dict[TradingStateName, int] = {"active": 0, "reducing": 1, "halted": 2}


class Bucket(Protocol):
    """A token bucket of orders."""

    def take(self) -> float:
        """Take one token; return 0.0, or the seconds until there is one."""


class Situation(Struct, frozen=True, kw_only=True):
    """What an order meets."""

    limits: Limits
    state: TradingStateName = "active"
    """The stricter one of the trader's and the node's."""
    day_loss: Decimal = ZERO
    """Since 00:00 UTC, positive; main currency."""
    is_day_stopped: bool = False
    """The daily loss was reached today: only what reduces may go."""
    bucket: Bucket | None = None


def stricter(one: TradingStateName, other: TradingStateName) -> TradingStateName:
    """Return the trading state that forbids more."""
    return max(one, other, key=_STRICTNESS.__getitem__)


def reference_price(row: OrderRow, marks: Marks) -> Decimal:
    """Return the worst price that an order should meet: its limit, its trigger, or the market's.

    Raises:
        VenueUnavailableError: If it has none and the market none either.
    """
    market = marks.touch(row.instrument_id, row.side)
    own = _own_price(row, market, marks)
    if own is not None:
        return max(own, market) if row.side == "sell" and market is not None else own
    if market is None:
        raise VenueUnavailableError(f"{row.instrument_id} has no price yet")
    return market


def _own_price(row: OrderRow, market: Decimal | None, marks: Marks) -> Decimal | None:
    """Return the price that an order names; a trailing purchase begins its offsets above the market."""
    if row.trailing_offset is None or row.side == "sell":
        return row.price if row.price is not None else row.trigger_price
    trigger = row.trigger_price
    if trigger is None:
        if market is None:
            return None
        trigger = max(market, marks.last(row.instrument_id) or market) + row.trailing_offset
    return trigger + (row.limit_offset or ZERO)


class Risk:
    """Denies what an account may not do; each denial names rule, limit and value."""

    def __init__(self, valuation: Valuation, marks: Marks) -> None:
        """Check by the market as these tell it."""
        self._valuation = valuation
        self._marks = marks

    def check(
        self,
        row: OrderRow,
        account: Account,
        situation: Situation,
        *,
        replacing: OrderRow | None = None,
        is_closing: bool = False,
    ) -> Decimal:
        """Check an order; return the price to reserve it at (`Account.reserve`).

        Args:
            row: The order, or a working one as a change would make it.
            account: Whose it is.
            situation: What it meets.
            replacing: The working order that `row` is a change of.
            is_closing: It closes what its strategy holds on request of its user: neither state nor limits forbid it.

        Raises:
            OrderDeniedError: If a limit forbids it.
            InsufficientMarginError: If the account cannot carry it.
            TradingHaltedError: If the trading state forbids it.
            RateLimitedError: If orders come too fast.
            VenueUnavailableError: If the market has no price to judge it by.
        """
        with localcontext(EXACT):
            self._check_owner(row, account)
            price = reference_price(row, self._marks)
            order = _Order(row, account, price, is_new=replacing is None)
            if not is_closing:
                self._check_state(order, situation)
                _check_rate(situation)
                _check_count(order, situation.limits)
                self._check_size(order, situation.limits)
                self._check_collar(row, situation.limits)
                _check_reduce_only(order)
            self._check_money(order, situation.limits, is_closing=is_closing)
            return price

    def _check_owner(self, row: OrderRow, account: Account) -> None:
        if (row.user_id, row.account_id) != (account.user_id, account.account_id):
            raise _denied("ownership", account.account_id, row.account_id, "the order is not this account's")

    def _check_state(self, order: "_Order", situation: Situation) -> None:
        if situation.state == "halted":
            raise TradingHaltedError("trading is halted: no orders are taken (rule trading_state, value halted)")
        if order.is_reducing():
            return
        room = plain(order.room())
        if situation.state == "reducing":
            raise TradingHaltedError(
                f"trading is reducing: only orders that make the position smaller are taken, at most {room} here "
                f"(rule trading_state, value {plain(order.quantity)})"
            )
        limit = situation.limits.max_daily_loss
        if limit is not None and (situation.is_day_stopped or situation.day_loss >= limit):
            raise _denied("max_daily_loss", limit, situation.day_loss, "until 00:00 UTC positions can only be reduced")

    def _check_size(self, order: "_Order", limits: Limits) -> None:
        account = order.account
        settlement = order.terms.settlement
        notional = self._valuation.main(account, settlement, order.notional)
        if limits.max_order_notional is not None and notional > limits.max_order_notional:
            raise _denied("max_order_notional", limits.max_order_notional, notional, "one order is worth at most that")
        most = limits.max_position_notional
        if most is None or order.is_reducing():
            return
        reached = self._valuation.main(account, settlement, order.worth_reached())
        if reached > most:
            raise _denied("max_position_notional", most, reached, "the position with its working orders would be more")

    def _check_collar(self, row: OrderRow, limits: Limits) -> None:
        collar = limits.price_collar
        market = self._marks.touch(row.instrument_id, row.side)
        if collar is None or market is None:
            return
        for price, anchor, is_high in _collared(row, market):
            distance = (price - anchor) / anchor if is_high else (anchor - price) / anchor
            if distance > collar:
                text = f"{plain(price)} is too far from {plain(anchor)}"
                raise _denied("price_collar", collar, distance.quantize(Decimal("0.0001")), text)

    def _check_money(self, order: "_Order", limits: Limits, *, is_closing: bool) -> None:
        row, account = order.row, order.account
        if order.terms.is_perpetual:
            if account.kind == "cash":
                raise _denied("account_kind", "cash", row.instrument_id, "a cash account trades no perpetuals")
            if is_closing or row.reduce_only or order.is_reducing():
                return
            self._check_leverage(order, limits)
        self._check_available(order)

    def _check_leverage(self, order: "_Order", limits: Limits) -> None:
        most, account = limits.max_leverage, order.account
        if most is None:
            return
        others = self._valuation.exposure(account, but=order.row.instrument_id)
        reached = others + self._valuation.main(account, order.terms.settlement, order.worth_reached())
        equity = self._valuation.equity(account)
        if reached > most * equity:
            value = plain((reached / equity).quantize(Decimal("0.01"))) if equity > 0 else "no equity"
            raise _denied("max_leverage", most, value, "notional of all positions over equity")

    def _check_available(self, order: "_Order") -> None:
        row, account = order.row, order.account
        before = account.locks(row.instrument_id)
        after = account.locks_with(row.instrument_id, row.side, order.more())
        for currency, amount in after.items():
            more = amount - before.get(currency, ZERO)
            if more <= 0:
                continue
            free = self._valuation.available(account, currency)
            if more > free:
                raise InsufficientMarginError(
                    f"insufficient_margin: the order binds {plain(more)} {currency}, free are {plain(max(free, ZERO))}",
                    rule="insufficient_margin",
                    limit=plain(max(free, ZERO)),
                    value=plain(more),
                    path="$.quantity",
                )


class _Order:
    """An order beside what the account holds and what its other orders claim."""

    def __init__(self, row: OrderRow, account: Account, price: Decimal, *, is_new: bool) -> None:
        self.row, self.account, self.price, self.is_new = row, account, price, is_new
        self.terms = account.terms(row.instrument_id)
        self.quantity = row.leaves_quantity
        self.notional = self.quantity * price * self.terms.multiplier
        self.claim = claim_of(row, price, self.terms)
        self.others = account.claims.others(row).quantity
        self.held = account.ledger.quantity(row.instrument_id)

    def room(self) -> Decimal:
        """How much of the position an order of this side closes at the most."""
        closes = self.held > 0 if self.row.side == "sell" else self.held < 0
        size = abs(self.held) if closes else ZERO
        entry = self.account.orders.get(self.row.parent_order_id) if self.row.parent_order_id else None
        if entry is not None and entry.side != self.row.side:
            size += entry.leaves_quantity
        return size

    def is_reducing(self) -> bool:
        """Whether the position can only become smaller by it, whatever else of its side fills."""
        return self.others + self.quantity <= self.room()

    def reach(self) -> Decimal:
        """How large the position can become on this order's side when all of that side fills."""
        signed = self.held if self.row.side == "buy" else -self.held
        return max(signed + self.others + self.claim.quantity, ZERO)

    def worth_reached(self) -> Decimal:
        """The notional of that, settlement currency."""
        return self.reach() * self.price * self.terms.multiplier

    def more(self) -> Claim:
        """What it adds to the claims of its side."""
        if self.terms.is_perpetual and self.row.reduce_only:
            return NOTHING
        return self.account.claims.growth(self.row, self.claim)


def _check_rate(situation: Situation) -> None:
    wait = 0.0 if situation.bucket is None else situation.bucket.take()
    if wait:
        limit = situation.limits.max_orders_per_s
        raise RateLimitedError(f"max_orders_per_s: at most {limit} orders a second", retry_after_s=wait)


def _check_count(order: _Order, limits: Limits) -> None:
    count = len(order.account.orders) + int(order.is_new)
    if limits.max_open_orders is not None and count > limits.max_open_orders:
        raise _denied("max_open_orders", limits.max_open_orders, count, "cancel one first")


def _check_reduce_only(order: _Order) -> None:
    if not order.row.reduce_only:
        return
    free = order.room() - order.account.claims.others(order.row, is_reducing=True).quantity
    if order.row.leaves_quantity > free:
        text = "more than the position has left for this side"
        raise _denied("reduce_only", max(free, ZERO), order.row.leaves_quantity, text)


def _collared(row: OrderRow, market: Decimal) -> list[tuple[Decimal, Decimal, bool]]:
    """Return (price, what it is measured from, whether too high is wrong)."""
    checks = []
    is_buy, trigger = row.side == "buy", row.trigger_price
    if trigger is not None:
        is_touch = row.type in {"market_if_touched", "limit_if_touched"}
        checks.append((trigger, market, is_buy == is_touch))
    if row.price is not None:
        checks.append((row.price, market if trigger is None else trigger, is_buy))
    if row.limit_offset is not None:
        checks.append((market + row.limit_offset, market, True))
    return checks


def _denied(rule: str, limit: object, value: object, text: str) -> OrderDeniedError:
    limit, value = (plain(one) if isinstance(one, Decimal) else str(one) for one in (limit, value))
    return OrderDeniedError(f"{rule}: limit {limit}, was {value}: {text}", rule=rule, limit=limit, value=value)
