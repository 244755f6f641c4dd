"""`GET /api/v1/instruments`: what can be traded here, with its exact limits."""

from typing import ClassVar, get_args, override

import msgspec
from msgspec import UNSET, Struct, UnsetType

from actors.bridge.context import Context
from actors.bridge.rest.query import CursorParam, Limit, cursor_of, position_of
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, routes, tagged_answer
from actors.market import INTERVALS, Instrument
from actors.ports import TickKind, gives
from actors.wire import DecimalText, Millis
from config.errors import UnknownInstrumentError
from config.fields import IntervalName

_QUESTION = "instruments"


class InstrumentItem(Instrument, frozen=True, kw_only=True):
    """One instrument, and what this node has of it."""

    price_increment: DecimalText
    size_increment: DecimalText
    multiplier: DecimalText = "1"
    lot_size: DecimalText | None = None
    min_quantity: DecimalText | None = None
    max_quantity: DecimalText | None = None
    min_notional: DecimalText | None = None
    max_notional: DecimalText | None = None
    min_price: DecimalText | None = None
    max_price: DecimalText | None = None
    maker_fee: DecimalText
    taker_fee: DecimalText
    margin_init: DecimalText = "0"
    margin_maint: DecimalText = "0"
    intervals: tuple[IntervalName, ...]
    """Bar intervals, shortest first."""
    has_trades: bool
    """False when the source has bars only."""
    ticks: tuple[TickKind, ...]
    """What the source has beside bars: trades, quotes, order books."""
    ts_event: Millis = 0
    """When the venue defined it."""


class InstrumentList(Struct, frozen=True, kw_only=True):
    """Instruments by id."""

    items: tuple[InstrumentItem, ...]
    next: str | None
    """Cursor of what follows; null at the end."""


class InstrumentsQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which of them."""

    limit: Limit = 100
    cursor: CursorParam | UnsetType = UNSET


@routes.register("GET /api/v1/instruments")
class GetInstruments(Route[InstrumentsQuery]):
    """List the instruments of the market, ordered by id."""

    query = InstrumentsQuery
    reply: ClassVar[type[Struct]] = InstrumentList
    is_tagged = True

    @override
    async def answer(self, call: Call, query: InstrumentsQuery) -> Answer:
        names = sorted(self.context.bars.instruments())
        first = 0 if query.cursor is UNSET else position_of(query.cursor, _QUESTION, 1)[0]
        shown = names[first : first + query.limit]
        following = first + query.limit
        page = InstrumentList(
            items=tuple(item_of(self.context, name) for name in shown),
            next=cursor_of(_QUESTION, following) if following < len(names) else None,
        )
        return tagged_answer(call, msgspec.json.encode(page))


@routes.register("GET /api/v1/instruments/{instrument_id}")
class GetInstrument(Route[NoQuery]):
    """Tell one instrument."""

    reply: ClassVar[type[Struct]] = InstrumentItem
    is_tagged = True
    problems = (UnknownInstrumentError,)
    parameters: ClassVar = {"instrument_id": "instrument id, for example `BTC-USDT.SIM`"}

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        return tagged_answer(call, msgspec.json.encode(item_of(self.context, call.path["instrument_id"])))


def item_of(context: Context, instrument_id: str) -> InstrumentItem:
    """Return the body of one instrument.

    Raises:
        UnknownInstrumentError: If the market has none of that id.
    """
    found = context.bars.instruments().get(instrument_id)
    if found is None:
        raise UnknownInstrumentError(f"no instrument {instrument_id[:64]!r}, `/api/v1/instruments` lists them")
    known = msgspec.structs.asdict(found) | {"ts_event": found.ts_event // 1_000_000}
    return InstrumentItem(
        **known,
        intervals=tuple(one.name for one in INTERVALS.values() if gives(context.bars, instrument_id, one.name)),
        has_trades=context.bars.has_trades(instrument_id),
        ticks=tuple(kind for kind in get_args(TickKind) if kind in context.ticks.kinds(instrument_id)),
    )
