"""Closing an account's position: each strategy sends the opposite of what it holds."""

from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

from actors.accounts.account import Account
from actors.accounts.draft import new_order_id
from actors.accounts.exact import EXACT, ZERO, plain
from actors.orders import DESK, OrderTicket
from config.errors import ConflictError, InvalidInputError

ID_LENGTH = 36


class Closing(Struct, frozen=True, kw_only=True):
    """One order that closes; to be checked with `is_closing=True`."""

    strategy: str
    """Whose net becomes smaller."""
    ticket: OrderTicket


def closing_orders(
    account: Account,
    instrument_id: str,
    *,
    quantity: str | None = None,
    price: str | None = None,
    client_order_id: str | None = None,
) -> list[Closing]:
    """Return the orders that close an account's net in an instrument, or part of it; the desk's first.

    A whole close brings every strategy to flat, also those that stand against the net; a part is taken from
    strategies on the net's side, in their order.

    Args:
        account: Whose position it is; its other orders on the instrument are canceled before.
        instrument_id: What to close.
        quantity: Base units; None closes all.
        price: Of limit orders; None closes by market.
        client_order_id: Of the first order; the others' have `-2`, `-3`, … at their end. None makes one.

    Raises:
        ConflictError: If there is nothing to close.
        InvalidInputError: If more is to be closed than there is.
    """
    net = account.ledger.quantity(instrument_id)
    held = _held(account, instrument_id)
    parts = list(held.items() if quantity is None else _part(held, net, _wanted(quantity, net)))
    if not parts:
        raise ConflictError(f"there is no open position in {instrument_id}")
    name = client_order_id or new_order_id()
    return [
        Closing(strategy=strategy, ticket=_ticket(instrument_id, amount, price, _numbered(name, number)))
        for number, (strategy, amount) in enumerate(parts, start=1)
    ]


def _held(account: Account, instrument_id: str) -> dict[str, Decimal]:
    nets = {name: net for (name, instrument), net in account.ledger.nets.items() if instrument == instrument_id}
    return dict(sorted(nets.items(), key=lambda item: (item[0] != DESK, item[0])))


def _wanted(quantity: str, net: Decimal) -> Decimal:
    wanted = Decimal(quantity)
    if wanted > abs(net):
        raise InvalidInputError(f"quantity: expected at most {plain(abs(net))}, was {quantity}", path="$.quantity")
    return wanted


def _part(held: dict[str, Decimal], net: Decimal, wanted: Decimal) -> Iterator[tuple[str, Decimal]]:
    left = wanted
    for name, amount in held.items():
        if left and (amount > 0) == (net > 0):
            taken = min(abs(amount), left)
            left = EXACT.subtract(left, taken)
            yield name, taken.copy_sign(amount)


def _ticket(instrument_id: str, amount: Decimal, price: str | None, client_order_id: str) -> OrderTicket:
    return OrderTicket(
        client_order_id=client_order_id,
        instrument_id=instrument_id,
        side="sell" if amount > ZERO else "buy",
        type="market" if price is None else "limit",
        quantity=plain(abs(amount)),
        price=price,
    )


def _numbered(name: str, number: int) -> str:
    if number == 1:
        return name
    end = f"-{number}"
    return name[: ID_LENGTH - len(end)] + end
