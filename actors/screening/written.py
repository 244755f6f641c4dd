"""An order as programs write it in JSON: flat or with an id, numbers whole or not, capitals as they like."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from actors.screening.candidate import Candidate, Contracts, Price, Strikes
from actors.signal.option_orders import OptionSide, OptionType
from config.errors import InvalidInputError

REQUIRED = ("strategy", "symbol", "premium", "predicted_price")
OF_LISTED = ("id", "symbol", "strategy")
_SECONDS, _MILLIS, _MICROS = 1e11, 1e14, 1e17
_LAST_NS = 7_258_118_400_000_000_000

Word = Annotated[str, Meta(min_length=1, max_length=40)]
SymbolText = Annotated[str, Meta(min_length=1, max_length=24)]
Action = Annotated[str, Meta(pattern="^([Bb][Uu][Yy]|[Ss][Ee][Ll][Ll])$")]
OptionWord = Annotated[str, Meta(pattern="^([Cc][Aa][Ll][Ll]|[Pp][Uu][Tt])$")]
OrderId = Annotated[str, Meta(min_length=1, max_length=64)] | int
Moment = Annotated[str, Meta(max_length=40)] | int | float


class OrderBody(Struct, frozen=True, kw_only=True):
    """One order; fields that are not known here are passed over."""

    strategy: Word | UnsetType = UNSET
    """`Butterfly`, `Iron Condor`, `Vertical` or `Sonar`; others are abstained from."""
    symbol: SymbolText | UnsetType = UNSET
    premium: Price | UnsetType | None = UNSET
    predicted_price: Price | UnsetType | None = UNSET
    """Where somebody expects the underlying at expiry."""
    id: OrderId | UnsetType = UNSET
    timestamp: Moment | UnsetType | None = UNSET
    """ISO 8601, UTC where it names no zone, or a UNIX time in s, ms, us or ns; else now."""
    short_term: Price | UnsetType | None = UNSET
    long_term: Price | UnsetType | None = UNSET
    strikes: Strikes | UnsetType | None = UNSET
    """In any order."""
    action: Action | UnsetType | None = UNSET
    """`BUY` or `SELL`; butterflies are bought, others sold."""
    option_type: OptionWord | UnsetType | None = UNSET
    quantity: Contracts | UnsetType | None = UNSET
    """Contracts, 1 when it is not said."""
    risk: Price | UnsetType | None = UNSET
    """Worked out from the strikes when it is not said."""
    reward: Price | UnsetType | None = UNSET


def candidate_of(body: OrderBody, required: Iterable[str] = REQUIRED) -> Candidate:
    """Return an order that is to be judged.

    Raises:
        InvalidInputError: If a required field is missing; names it.
    """
    known = {name: value for name in OrderBody.__struct_fields__ if (value := getattr(body, name)) not in (UNSET, None)}
    for name in required:
        if name not in known:
            raise InvalidInputError("Field required", path=f"$.{name}")
    moment = known.pop("timestamp", None)
    side, option_type = known.pop("action", None), known.pop("option_type", None)
    return Candidate(
        order_id=str(known.pop("id", "")),
        ts=None if moment is None else nanoseconds(moment),
        side=side_of(side),
        option_type=type_of(option_type),
        **known,
    )


def side_of(action: str | None) -> OptionSide | None:
    """Return `buy` or `sell` for a checked action."""
    return None if action is None else "buy" if action.strip().lower() == "buy" else "sell"


def type_of(word: str | None) -> OptionType | None:
    """Return `call` or `put` for a checked word."""
    return None if word is None else "call" if word.strip().lower() == "call" else "put"


def nanoseconds(moment: str | float) -> int:
    """Return a time as somebody writes it in UNIX nanoseconds.

    Raises:
        InvalidInputError: If it is none between 1970 and 2200.
    """
    try:
        ts = _of_text(moment) if isinstance(moment, str) else _of_number(moment)
    except (ValueError, OverflowError) as e:
        raise InvalidInputError("expected ISO 8601 or a UNIX time", path="$.timestamp") from e
    if not 0 <= ts <= _LAST_NS:
        raise InvalidInputError("expected a time between 1970 and 2200", path="$.timestamp")
    return ts


def _of_text(text: str) -> int:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1_000) * 1_000_000


def _of_number(number: float) -> int:
    scale = 10**9 if number < _SECONDS else 10**6 if number < _MILLIS else 1_000 if number < _MICROS else 1
    return int(number * scale)
