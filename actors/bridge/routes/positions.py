"""`/api/v1/positions`: what the user's account holds, and closing it."""

from typing import ClassVar, override

import msgspec
from msgspec import UNSET, Struct, UnsetType

from actors.bridge.commands.position_close import ClosePosition
from actors.bridge.desk import Desk
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, body_of, json_answer, routes
from actors.bridge.routes.orders import REFUSED, UNAVAILABLE, OrderList, OwnInstrument
from actors.orders import ClientOrderIdText, PositiveText
from actors.wire_orders import PositionBody, position_body
from config.errors import ConflictError, NotFoundError, NotReadyError, UnknownInstrumentError
from config.fields import InstrumentName


class PositionList(Struct, frozen=True, kw_only=True):
    """Open positions, at most one for each instrument."""

    items: tuple[PositionBody, ...]
    next: None = None


class PositionsQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which positions."""

    instrument_id: OwnInstrument | UnsetType = UNSET


class PositionEnd(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to close; `{}`: all of it by market."""

    quantity: PositiveText | None = None
    """Base units; null: all of it."""
    price: PositiveText | None = None
    """Of a limit order; null: by market."""
    client_order_id: ClientOrderIdText | None = None
    """Of the order that closes, so that it can be asked for twice; null: one is made."""


@routes.register("GET /api/v1/positions")
class GetPositions(Route[PositionsQuery]):
    """List your open positions at the prices of now, whichever strategy or manual order made them."""

    query = PositionsQuery
    reply: ClassVar[type[Struct]] = PositionList
    tag = "trading"
    problems = (NotFoundError, NotReadyError)

    @override
    async def answer(self, call: Call, query: PositionsQuery) -> Answer:
        rows = Desk(self.context, call.principal).positions()
        wanted = query.instrument_id or None
        return json_answer(
            PositionList(items=tuple(position_body(row) for row in rows if wanted in {None, row.instrument_id}))
        )


@routes.register("POST /api/v1/positions/{instrument_id}/close")
class PostClose(Route[NoQuery]):
    """Close all or part of a position by market or limit; your orders on the instrument are cancelled first.

    The answer lists the orders that close it: one for each strategy that holds a part.
    """

    body = PositionEnd
    reply: ClassVar[type[Struct]] = OrderList
    parameters: ClassVar[dict[str, str]] = {"instrument_id": "instrument id, for example `BTC-USDT.SIM`"}
    status = 201
    tag = "trading"
    problems = (*REFUSED, ConflictError, *UNAVAILABLE)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        end = body_of(call, PositionEnd)
        asked = ClosePosition(
            instrument_id=instrument_named(call.path["instrument_id"]),
            quantity=end.quantity,
            price=end.price,
            client_order_id=end.client_order_id,
        )
        orders = await asked.done(Desk(self.context, call.principal))
        return json_answer(OrderList(items=orders, next=None), status=201)


def instrument_named(text: str) -> str:
    """Return the instrument id of a path.

    Raises:
        UnknownInstrumentError: If no instrument can have it.
    """
    try:
        return msgspec.convert(text, InstrumentName)
    except msgspec.ValidationError:
        raise UnknownInstrumentError(f"no instrument {text[:60]!r}, `/api/v1/instruments` lists them") from None
