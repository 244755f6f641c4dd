"""One past order: what was known when it was to be judged, and what became of it."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from actors.screening.candidate import Candidate, Price
from actors.screening.forms import at_place, strikes_of
from actors.screening.result import result_of
from actors.screening.written import Moment, OrderBody, candidate_of, nanoseconds
from actors.signal.order_features import OrderMarket
from config.errors import InvalidInputError

REQUIRED = ("strategy", "symbol", "timestamp")
_MARKET = ("price", "volatility_level", "volatility_distance", "volatility_change")


class PastBody(OrderBody, frozen=True, kw_only=True):
    """An order as programs write it, the market of its moment, and its result."""

    price: Annotated[float, Meta(gt=0.0, le=1e9)] | UnsetType | None = UNSET
    """Of the underlying; without it no order is judged, so none is learnt from."""
    volatility_level: Price | UnsetType | None = UNSET
    """Of the volatility index, as it is quoted; not known counts 0, as in the node."""
    volatility_distance: Price | UnsetType | None = UNSET
    """The index against its mean of the last hour, a share."""
    volatility_change: Price | UnsetType | None = UNSET
    """Its last return."""
    profit: Annotated[float, Meta(ge=-1e12, le=1e12)] | UnsetType | None = UNSET
    """After fees; above 0 it has won."""
    won: bool | float | UnsetType | None = UNSET
    """1 or 0, where the profit is not known."""
    resolved: Moment | UnsetType | None = UNSET
    """When the result was known."""


class PastOrder(Struct, frozen=True, kw_only=True):
    """One checked order."""

    candidate: Candidate
    market: OrderMarket
    ts: int
    """When it was to be judged, UNIX nanoseconds."""
    won: bool
    profit: float | None
    resolved: int | None
    """UNIX nanoseconds; None: not known."""


def past_order(row: Mapping[str, object], fields: Mapping[str, str], *, is_text: bool = False) -> PastOrder:
    """Return the order of a row.

    Args:
        row: By column.
        fields: Our column -> where it is in the row.
        is_text: Whether every value is text, as in CSV; empty is nothing then.

    Raises:
        InvalidInputError: If it is none that the node would judge, or its result is not known.
    """
    found = {name: at_place(row, fields.get(name, name)) for name in PastBody.__struct_fields__}
    said = {name: value for name, value in found.items() if value is not None and not (is_text and _is_blank(value))}
    if "strikes" in said:
        said["strikes"] = strikes_of(said["strikes"])
    if is_text:
        said |= {name: _moment(said[name]) for name in ("timestamp", "resolved") if name in said}
    try:
        body = msgspec.convert(said, PastBody, strict=not is_text)
    except msgspec.ValidationError as e:
        raise InvalidInputError(str(e)[:200]) from e
    return _checked(body)


def _checked(body: PastBody) -> PastOrder:
    order = {name: getattr(body, name) for name in OrderBody.__struct_fields__}
    candidate = candidate_of(OrderBody(**order), REQUIRED)
    if candidate.kind == "unknown":
        raise InvalidInputError(f"unknown strategy {candidate.strategy[:40]!r}, which the node never judges")
    market = {name: value for name in _MARKET if (value := getattr(body, name)) not in {UNSET, None}}
    if "price" not in market:
        raise InvalidInputError("Field required: without a price the node judges no order", path="$.price")
    ts, won, profit = candidate.ts or 0, *_result(body)
    resolved = None if body.resolved in {UNSET, None} else nanoseconds(body.resolved)
    if resolved is not None and resolved < ts:
        raise InvalidInputError("resolved before it was judged", path="$.resolved")
    return PastOrder(
        candidate=candidate, market=OrderMarket(**market), ts=ts, won=won, profit=profit, resolved=resolved
    )


def _result(body: PastBody) -> tuple[bool, float | None]:
    profit = None if body.profit in {UNSET, None} else float(body.profit)
    if body.won not in {UNSET, None, 0, 1}:
        raise InvalidInputError("expected 0 or 1", path="$.won")
    return result_of(None if body.won in {UNSET, None} else bool(body.won), profit), profit


def _is_blank(value: object) -> bool:
    return isinstance(value, str) and not value.strip()


def _moment(text: object) -> object:
    """Return a UNIX time as a number; digits of a date, such as 20260102, stay text."""
    plain = str(text).strip()
    whole, _, rest = plain.partition(".")
    is_number = whole.isdigit() and len(whole) > len("YYYYMMDD") and (not rest or rest.isdigit())
    return (int(whole) if not rest else float(plain)) if is_number else plain
