"""`GET /api/v1/alerts`: what the user was told."""

from typing import ClassVar, override

from msgspec import Struct

from actors.bridge.desk import Desk
from actors.bridge.rest.history import TimesQuery, asked_of
from actors.bridge.rest.route import Answer, Call, Route, json_answer, routes
from actors.wire_orders import AlertBody, alert_body
from config.errors import NotFoundError, NotReadyError


class AlertList(Struct, frozen=True, kw_only=True):
    """Alerts, newest first."""

    items: tuple[AlertBody, ...]
    next: str | None
    """Cursor of older ones; null at the end."""


@routes.register("GET /api/v1/alerts")
class GetAlerts(Route[TimesQuery]):
    """List what you were told, newest first: retired strategies, liquidations, changes of the trading state."""

    query = TimesQuery
    reply: ClassVar[type[Struct]] = AlertList
    tag = "trading"
    problems = (NotFoundError, NotReadyError)
    is_costly = True

    @override
    async def answer(self, call: Call, query: TimesQuery) -> Answer:
        desk = Desk(self.context, call.principal)
        asked = asked_of("alerts", desk.user_id, query)
        page = await desk.traders.alerts(desk.user_id, asked.span)
        return json_answer(AlertList(items=tuple(map(alert_body, page.rows)), next=asked.next(page)))
