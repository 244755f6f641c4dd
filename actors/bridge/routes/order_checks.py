"""`POST /api/v1/orders/validate`: what an order would do, without sending it."""

from typing import ClassVar, override

from msgspec import Struct

from actors.bridge.commands.order_validate import ValidateOrder
from actors.bridge.desk import Desk
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, body_of, json_answer, routes
from actors.orders import OrderTicket
from actors.wire_traders import PreviewBody
from config.errors import NotFoundError, NotReadyError, UnknownInstrumentError


@routes.register("POST /api/v1/orders/validate")
class CheckOrder(Route[NoQuery]):
    """Tell whether an order would be taken, and what it would cost; nothing is sent, nothing is kept."""

    body = OrderTicket
    reply: ClassVar[type[Struct]] = PreviewBody
    tag = "trading"
    problems = (UnknownInstrumentError, NotFoundError, NotReadyError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        asked = ValidateOrder(order=body_of(call, OrderTicket))
        return json_answer(await asked.done(Desk(self.context, call.principal)))
