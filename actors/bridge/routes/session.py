"""`/api/v1/session`: who is signed in here, and signing out."""

from typing import ClassVar, Literal, override

from msgspec import Struct

from actors.bridge.reception import Reception
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, body_of, json_answer, person_of, routes
from actors.ports.identity import Principal
from actors.wire_people import CurrentSession, role_names, user_body
from config.errors import NotFoundError, StoreUnavailableError, UnauthorizedError

TAG = "users"


class SessionEnd(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which of your sessions to end."""

    which: Literal["local", "others", "global"] = "local"
    """`local`: this one; `others`: all but this one; `global`: all."""


@routes.register("GET /api/v1/session")
class GetSession(Route[NoQuery]):
    """Tell who is signed in here, until when, and what must be done first; on a node without users the local one."""

    reply: ClassVar[type[Struct]] = CurrentSession
    tag = TAG
    problems = (UnauthorizedError,)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        principal = person_of(call)
        people = self.context.people
        user = None if people is None else user_body(people.user(principal.user_id))
        return json_answer(
            CurrentSession(
                user=user,
                session_id=principal.session_id,
                expires_ms=principal.expires_ms,
                until_ms=self._until(principal),
                pending=principal.pending,
                roles=role_names(principal.roles),
                scopes=None if principal.scopes is None else tuple(sorted(principal.scopes)),
            )
        )

    def _until(self, principal: Principal) -> int | None:
        people = self.context.people
        if people is None:
            return None
        found = (one.until_ms for one in people.sessions(principal.user_id) if one.session_id == principal.session_id)
        return next(found, None)


@routes.register("POST /api/v1/session/end")
class EndSession(Route[NoQuery]):
    """Sign out here, everywhere else, or everywhere; what these sessions have open is closed at once."""

    body = SessionEnd
    status = 204
    tag = TAG
    problems = (UnauthorizedError, NotFoundError, StoreUnavailableError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here = Reception(self.context, call)
        which = body_of(call, SessionEnd).which
        await here.people.sign_out(here.leaving(which), which, here.origin)
        return DONE


DONE = Answer(status=204, media_type="")
"""The answer of what has nothing to tell."""
