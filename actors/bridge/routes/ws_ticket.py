"""`POST /api/v1/ws-ticket`: what opens one WebSocket, for clients that can neither set a header nor wait."""

from typing import ClassVar, override

from msgspec import Struct

from actors.bridge.rest.route import Answer, Call, NoQuery, Route, json_answer, person_of, routes
from actors.bridge.tickets import LIFETIME_S
from config.errors import NotFoundError


class TicketBody(Struct, frozen=True, kw_only=True):
    """A ticket."""

    ticket: str
    """For `GET /ws?ticket=…`."""
    expires_in_s: float


@routes.register("POST /api/v1/ws-ticket")
class PostTicket(Route[NoQuery]):
    """Give a ticket that opens one WebSocket, once, within 30 seconds: `GET /ws?ticket=…`.

    Better send `auth` as the first message: what stands in an address may stand in somebody's log.
    """

    reply: ClassVar[type[Struct]] = TicketBody
    tag = "users"
    problems = (NotFoundError,)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        if self.context.identity.mode == "off":
            raise NotFoundError("this node has no users")
        return json_answer(TicketBody(ticket=self.context.tickets.issue(person_of(call)), expires_in_s=LIFETIME_S))
