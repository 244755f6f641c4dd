"""`/api/auth/sessions`: where the user is signed in."""

from typing import ClassVar, Literal, override

from msgspec import Struct

from actors.agents import browser_of, device_of, system_of
from actors.bridge.dialects.botcore.answers import BotcoreRoute, wall_text
from actors.bridge.dialects.botcore.identity import Said, SaidAnswer
from actors.bridge.reception import Reception
from actors.bridge.rest.route import Answer, Call, NoQuery, json_answer, routes
from actors.bridge.routes.sessions import SESSION
from actors.bridge.words import time_text
from actors.ports.people import Session
from config.errors import NotFoundError, StoreUnavailableError, UnauthorizedError


class BotcoreSession(Struct, frozen=True, kw_only=True):
    """One session."""

    session_id: str
    device: str
    browser: str
    os: str
    location: str
    """The address it was used from last."""
    is_current: bool
    created_at: str
    last_active: str


class BotcoreSessions(Struct, frozen=True, kw_only=True):
    """The user's sessions, the newest first."""

    sessions: tuple[BotcoreSession, ...]


class SessionsAnswer(Struct, frozen=True, kw_only=True):
    """The user's sessions."""

    success: Literal[True] = True
    data: BotcoreSessions
    error: None = None
    timestamp: str


@routes.register("GET /api/auth/sessions")
class BotcoreGetSessions(BotcoreRoute[NoQuery]):
    """List where one is signed in."""

    reply: ClassVar[type[Struct]] = SessionsAnswer
    problems = (UnauthorizedError, NotFoundError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here = Reception(self.context, call)
        current = here.principal.session_id
        rows = tuple(_session(one, current) for one in here.people.sessions(here.user_id))
        return json_answer(SessionsAnswer(data=BotcoreSessions(sessions=rows), timestamp=wall_text()))


@routes.register("DELETE /api/auth/sessions/{session_id}")
class BotcoreEndSession(BotcoreRoute[NoQuery]):
    """End one of one's sessions."""

    reply: ClassVar[type[Struct]] = SaidAnswer
    parameters = SESSION
    problems = (UnauthorizedError, NotFoundError, StoreUnavailableError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here = Reception(self.context, call)
        await here.people.end_session(here.user_id, call.path["session_id"], here.origin, actor=here.user_id)
        return json_answer(SaidAnswer(data=Said(message="Session ended"), timestamp=wall_text()))


@routes.register("POST /api/auth/sessions/revoke-all")
class BotcoreEndOthers(BotcoreRoute[NoQuery]):
    """End all other sessions of one's own."""

    reply: ClassVar[type[Struct]] = SaidAnswer
    problems = (UnauthorizedError, NotFoundError, StoreUnavailableError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here = Reception(self.context, call)
        await here.people.sign_out(here.principal, "others", here.origin)
        return json_answer(SaidAnswer(data=Said(message="All other sessions ended"), timestamp=wall_text()))


def _session(session: Session, current: str | None) -> BotcoreSession:
    return BotcoreSession(
        session_id=session.session_id,
        device=device_of(session.user_agent) or "Unknown",
        browser=browser_of(session.user_agent) or "Unknown",
        os=system_of(session.user_agent) or "Unknown",
        location=session.address,
        is_current=session.session_id == current,
        created_at=time_text(session.created_ms),
        last_active=time_text(session.active_ms),
    )
