"""Bodies of the order predictor's clients."""

from collections.abc import Iterable

from msgspec import UNSET, Raw, Struct, UnsetType

from actors.bridge.rest.body import decode
from actors.screening.candidate import Candidate, Contracts, Price, Strikes
from actors.screening.written import Action, OptionWord, OrderBody, SymbolText, Word, candidate_of
from config.errors import InvalidInputError, TooLargeError

MOST_ORDERS = 100


class PredictBody(OrderBody, frozen=True, kw_only=True):
    """One flat order, or a list of orders with ids."""

    orders: tuple[Raw, ...] | UnsetType = UNSET
    """Each `{id, symbol, strategy, timestamp}` with whatever else of a flat order; at most 100."""


class BatchBody(Struct, frozen=True, kw_only=True):
    """Flat orders, at most 100."""

    requests: tuple[Raw, ...]
    share_market_data: bool = True
    """Taken, and always so: the market is read once for each symbol."""


class RiskBody(Struct, frozen=True, kw_only=True):
    """One order whose risk is asked for."""

    symbol: SymbolText
    strategy: Word
    strikes: Strikes
    premium: Price
    action: Action | None = None
    quantity: Contracts = 1
    option_type: OptionWord | None = None


def read_orders(raws: tuple[Raw, ...], required: Iterable[str]) -> list[Candidate | InvalidInputError]:
    """Return orders in their places, in place of one that cannot be read why.

    Raises:
        TooLargeError: If there are too many.
    """
    if len(raws) > MOST_ORDERS:
        raise TooLargeError(f"at most {MOST_ORDERS} orders at once, found {len(raws)}")
    found: list[Candidate | InvalidInputError] = []
    for raw in raws:
        try:
            found.append(candidate_of(decode(bytes(raw), OrderBody), required))
        except InvalidInputError as e:
            found.append(e)
    return found
