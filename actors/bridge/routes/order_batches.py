"""`POST /api/v1/orders/batch`: several orders at once."""

from typing import ClassVar, override

from msgspec import Struct

from actors.bridge.commands.order_batch import SubmitOrders, Tickets
from actors.bridge.desk import Desk
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, body_of, json_answer, routes
from actors.bridge.routes.orders import UNAVAILABLE
from actors.wire_traders import BatchResult


class OrderBatch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Several orders, sent in their order."""

    orders: Tickets


class BatchResults(Struct, frozen=True, kw_only=True):
    """The outcome of each, in the order in which they were sent."""

    items: tuple[BatchResult, ...]


@routes.register("POST /api/v1/orders/batch")
class PostOrders(Route[NoQuery]):
    """Send up to 50 orders in their order; each has its own outcome.

    A body that is malformed anywhere refuses all of them; nothing is sent then. Linked orders and parents may come in
    the same batch.
    """

    body = OrderBatch
    reply: ClassVar[type[Struct]] = BatchResults
    tag = "trading"
    problems = UNAVAILABLE

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        asked = SubmitOrders(orders=body_of(call, OrderBatch).orders)
        return json_answer(BatchResults(items=await asked.done(Desk(self.context, call.principal))))
