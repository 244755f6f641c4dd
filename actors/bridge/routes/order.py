"""`/api/v1/orders/{client_order_id}`: one order of the user's, changing it, taking it back."""

from collections.abc import Mapping
from typing import ClassVar, override

import msgspec
from msgspec import Struct

from actors.bridge.commands.order_cancel import CancelOrder
from actors.bridge.commands.order_modify import ModifyOrder
from actors.bridge.desk import Desk
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, body_of, json_answer, routes
from actors.bridge.routes.orders import UNAVAILABLE
from actors.orders import ClientOrderIdText, PositiveText
from actors.wire_orders import OrderBody, order_body
from config.errors import ConflictError, NotReadyError, OrderDeniedError, OrderUnknownError, TradingHaltedError

PARAMETERS: Mapping[str, str] = {"client_order_id": "your id of the order; of a strategy's order its `order_id`"}


class OrderChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change; the rest stays."""

    quantity: PositiveText | None = None
    """The whole, with what has filled."""
    price: PositiveText | None = None
    trigger_price: PositiveText | None = None


@routes.register("GET /api/v1/orders/{client_order_id}")
class GetOrder(Route[NoQuery]):
    """Tell one order, whatever has become of it."""

    reply: ClassVar[type[Struct]] = OrderBody
    parameters = PARAMETERS
    tag = "trading"
    problems = (OrderUnknownError, NotReadyError)
    is_costly = True

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        desk = Desk(self.context, call.principal)
        return json_answer(order_body(await desk.traders.order(desk.user_id, order_named(call))))


@routes.register("PATCH /api/v1/orders/{client_order_id}")
class PatchOrder(Route[NoQuery]):
    """Ask for another quantity or price of a working order; the outcome comes on channel `orders`."""

    body = OrderChange
    reply: ClassVar[type[Struct]] = OrderBody
    parameters = PARAMETERS
    tag = "trading"
    problems = (OrderUnknownError, ConflictError, OrderDeniedError, TradingHaltedError, *UNAVAILABLE)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        change = body_of(call, OrderChange)
        asked = ModifyOrder(
            client_order_id=order_named(call),
            quantity=change.quantity,
            price=change.price,
            trigger_price=change.trigger_price,
        )
        return json_answer(await asked.done(Desk(self.context, call.principal)))


@routes.register("DELETE /api/v1/orders/{client_order_id}")
class DeleteOrder(Route[NoQuery]):
    """Ask for the end of a working order; allowed in every trading state, the outcome comes on channel `orders`."""

    reply: ClassVar[type[Struct]] = OrderBody
    parameters = PARAMETERS
    tag = "trading"
    problems = (OrderUnknownError, ConflictError, *UNAVAILABLE)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        asked = CancelOrder(client_order_id=order_named(call))
        return json_answer(await asked.done(Desk(self.context, call.principal)))


def order_named(call: Call) -> str:
    """Return the order id of the path.

    Raises:
        OrderUnknownError: If no order can have it.
    """
    text = call.path["client_order_id"]
    try:
        return msgspec.convert(text, ClientOrderIdText)
    except msgspec.ValidationError:
        raise OrderUnknownError(f"no order of yours is named {text[:40]!r}") from None
