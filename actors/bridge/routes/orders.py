"""`/api/v1/orders`: the user's orders, sending one, taking all back."""

from typing import Annotated, ClassVar, Literal, override

from msgspec import UNSET, Meta, Struct, UnsetType

from actors.bridge.commands.order_cancel_all import CancelOrders
from actors.bridge.commands.order_submit import SubmitOrder
from actors.bridge.desk import Desk
from actors.bridge.rest.history import HistoryQuery, asked_of
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, body_of, json_answer, routes
from actors.orders import OrderTicket
from actors.wire_orders import OrderBody, order_body
from config.errors import (
    IdempotencyConflictError,
    InsufficientMarginError,
    InvalidInputError,
    NotFoundError,
    NotReadyError,
    OrderDeniedError,
    ShutdownError,
    StoreUnavailableError,
    TradingHaltedError,
    UnknownInstrumentError,
    VenueUnavailableError,
)
from config.fields import InstrumentName

UNAVAILABLE = (NotFoundError, NotReadyError, ShutdownError, StoreUnavailableError)
"""What every change may meet."""
REFUSED = (
    UnknownInstrumentError,
    IdempotencyConflictError,
    OrderDeniedError,
    InsufficientMarginError,
    TradingHaltedError,
    VenueUnavailableError,
)
"""Why an order may not be taken."""

StateParam = Annotated[Literal["all", "working"], Meta(description="`working`: those that have not ended, at once")]
OwnInstrument = Annotated[InstrumentName, Meta(description="those of one instrument; by default of all")]


class OrderList(Struct, frozen=True, kw_only=True):
    """Orders, newest first."""

    items: tuple[OrderBody, ...]
    next: str | None
    """Cursor of older ones; null at the end."""


class OrdersQuery(HistoryQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which orders, by when they were created."""

    state: StateParam = "all"


class CancelQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which orders to cancel."""

    instrument_id: OwnInstrument | UnsetType = UNSET


@routes.register("GET /api/v1/orders")
class GetOrders(Route[OrdersQuery]):
    """List your orders, newest first; strategies' orders are among them."""

    query = OrdersQuery
    reply: ClassVar[type[Struct]] = OrderList
    tag = "trading"
    problems = (NotFoundError, NotReadyError)
    is_costly = True

    @override
    async def answer(self, call: Call, query: OrdersQuery) -> Answer:
        desk = Desk(self.context, call.principal)
        if query.state == "working":
            return json_answer(self._working(desk, query))
        asked = asked_of("orders", desk.user_id, query)
        page = await desk.traders.orders(desk.user_id, asked.span)
        return json_answer(OrderList(items=tuple(map(order_body, page.rows)), next=asked.next(page)))

    def _working(self, desk: Desk, query: OrdersQuery) -> OrderList:
        if query.cursor is not UNSET:
            raise InvalidInputError("all working orders come at once, without a cursor", path="$.cursor")
        if query.start is not UNSET or query.end is not UNSET:
            raise InvalidInputError("working orders are asked for without times", path="$.start")
        desk.traders.trader(desk.user_id)
        wanted = {query.instrument_id or None, None}
        rows = self.context.told.orders(desk.traders, desk.user_id)
        items = [order_body(row) for row in reversed(rows) if wanted == {None} or row.instrument_id in wanted]
        return OrderList(items=tuple(items), next=None)


@routes.register("POST /api/v1/orders")
class PostOrder(Route[NoQuery]):
    """Send an order; answered once it has passed the risk checks and is durable.

    The same `client_order_id` and body again is the same order, also after a restart; another body is a 409. A denial
    names rule, limit and value in `errors`. What becomes of it comes on channel `orders`.
    """

    body = OrderTicket
    reply: ClassVar[type[Struct]] = OrderBody
    status = 201
    tag = "trading"
    problems = (*REFUSED, *UNAVAILABLE)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        asked = SubmitOrder(order=body_of(call, OrderTicket))
        order = await asked.done(Desk(self.context, call.principal))
        return json_answer(order, status=201, headers={"Location": f"/api/v1/orders/{order.client_order_id}"})


@routes.register("DELETE /api/v1/orders")
class DeleteOrders(Route[CancelQuery]):
    """Cancel all working orders, or those of one instrument; the answer lists them, the outcomes come on `orders`."""

    query = CancelQuery
    reply: ClassVar[type[Struct]] = OrderList
    tag = "trading"
    problems = UNAVAILABLE

    @override
    async def answer(self, call: Call, query: CancelQuery) -> Answer:
        asked = CancelOrders(instrument_id=query.instrument_id or None)
        return json_answer(OrderList(items=await asked.done(Desk(self.context, call.principal)), next=None))
