"""`/api/v1/sessions`: where a user is signed in; for admins `/api/v1/users/{user_id}/sessions`."""

from collections.abc import Mapping
from typing import ClassVar, override

from msgspec import Struct

from actors.bridge.reception import Reception
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, json_answer, routes
from actors.bridge.routes.session import DONE, TAG
from actors.wire_people import SessionBody, session_body
from config.errors import NotFoundError, StoreUnavailableError, UnauthorizedError

USER: Mapping[str, str] = {"user_id": "id of a user"}
SESSION: Mapping[str, str] = {"session_id": "id of a session"}


class SessionList(Struct, frozen=True, kw_only=True):
    """The living sessions of a user, the newest first."""

    items: tuple[SessionBody, ...]
    next: None = None


@routes.register("GET /api/v1/sessions")
class GetSessions(Route[NoQuery]):
    """List where you are signed in."""

    reply: ClassVar[type[Struct]] = SessionList
    tag = TAG
    problems = (UnauthorizedError, NotFoundError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here = Reception(self.context, call)
        return _listed(here, here.user_id)


@routes.register("DELETE /api/v1/sessions/{session_id}")
class DeleteSession(Route[NoQuery]):
    """End one of your sessions; what it has open is closed at once."""

    status = 204
    parameters = SESSION
    tag = TAG
    problems = (UnauthorizedError, NotFoundError, StoreUnavailableError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here = Reception(self.context, call)
        await _end(here, call, here.user_id)
        return DONE


@routes.register("GET /api/v1/users/{user_id}/sessions")
class GetUserSessions(Route[NoQuery]):
    """List where a user is signed in."""

    reply: ClassVar[type[Struct]] = SessionList
    parameters = USER
    tag = TAG
    problems = (NotFoundError,)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here = Reception(self.context, call)
        return _listed(here, here.somebody().user_id)


@routes.register("DELETE /api/v1/users/{user_id}/sessions/{session_id}")
class DeleteUserSession(Route[NoQuery]):
    """End a session of a user; what it has open is closed at once."""

    status = 204
    parameters: ClassVar[Mapping[str, str]] = {**USER, **SESSION}
    tag = TAG
    problems = (NotFoundError, StoreUnavailableError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here = Reception(self.context, call)
        await _end(here, call, here.somebody().user_id)
        return DONE


def _listed(here: Reception, user_id: str) -> Answer:
    current = here.principal.session_id
    return json_answer(SessionList(items=tuple(session_body(one, current) for one in here.people.sessions(user_id))))


async def _end(here: Reception, call: Call, user_id: str) -> None:
    await here.people.end_session(user_id, call.path["session_id"], here.origin, actor=here.user_id)
