"""`GET /api/v1/audit`: what was done, by whom: a user's own trail, for admins everybody's."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, override

from msgspec import UNSET, Meta, Struct, UnsetType

from actors.bridge.reception import Reception
from actors.bridge.rest.query import LAST_MS, CursorParam, Limit, cursor_of, position_of, time_range
from actors.bridge.rest.route import Answer, Call, Route, json_answer, routes
from actors.bridge.routes.session import TAG
from actors.ports import AuditSpan
from actors.ports.identity import Principal
from actors.wire_people import AuditBody, audit_body
from config.errors import ForbiddenError, NotFoundError, StoreUnavailableError

_FromParam = Annotated[int, Meta(ge=0, le=LAST_MS, description="wall time of the first one, UNIX milliseconds")]
_ToParam = Annotated[int, Meta(ge=0, le=LAST_MS, description="wall time of the first one left out, UNIX milliseconds")]
_UserParam = Annotated[str, Meta(max_length=64, description="for admins: whose trail; without it everybody's")]
_ActionParam = Annotated[
    str, Meta(pattern=r"\A[a-z_]+(\.[a-z_]+)?\Z", max_length=64, description="an action, or its first word")
]


class AuditQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which part of the audit log."""

    user_id: _UserParam | UnsetType = UNSET
    action: _ActionParam | UnsetType = UNSET
    start: _FromParam | UnsetType = UNSET
    end: _ToParam | UnsetType = UNSET
    limit: Limit = 100
    cursor: CursorParam | UnsetType = UNSET


class AuditList(Struct, frozen=True, kw_only=True):
    """Rows of the audit log, newest first."""

    items: tuple[AuditBody, ...]
    next: str | None
    """Cursor of older ones; null at the end."""


@routes.register("GET /api/v1/audit")
class GetAudit(Route[AuditQuery]):
    """List what you did and what was done to you, newest first; for admins of all users."""

    query = AuditQuery
    reply: ClassVar[type[Struct]] = AuditList
    tag = TAG
    is_costly = True
    problems = (NotFoundError, ForbiddenError, StoreUnavailableError)

    @override
    async def answer(self, call: Call, query: AuditQuery) -> Answer:
        here = Reception(self.context, call)
        if self.context.audit is None:
            raise NotFoundError("this node keeps no audit log")
        span, question = _asked(here.principal, query)
        page = await self.context.audit.audit(span)
        is_admin = administers(here.principal)
        emails = _emails(here, is_admin=is_admin)
        return json_answer(
            AuditList(
                items=tuple(audit_body(one, emails, are_others_told=is_admin) for one in page.rows),
                next=None if page.next is None else cursor_of(question, page.next),
            )
        )


def administers(principal: Principal) -> bool:
    """Return whether somebody may see what concerns others, with an API key only where it has that scope."""
    return "admin" in principal.roles and (principal.scopes is None or "admin" in principal.scopes)


def _asked(principal: Principal, query: AuditQuery) -> tuple[AuditSpan, str]:
    """Return what is asked of the log, and the question's name for its cursors."""
    whose = None if query.user_id is UNSET else query.user_id
    if not administers(principal):
        if whose not in {None, principal.user_id}:
            raise ForbiddenError("needs role admin")
        whose = principal.user_id
    action = None if query.action is UNSET else query.action
    start, end = time_range(query.start, query.end)
    question = f"audit {principal.user_id} {whose} {action} {start} {end}"
    before = None if query.cursor is UNSET else position_of(query.cursor, question, 1)[0]
    span = AuditSpan(user_id=whose, action=action, start=start, end=end, limit=query.limit, before=before)
    return span, question


def _emails(here: Reception, *, is_admin: bool) -> Mapping[str, str]:
    users = here.people.users() if is_admin else (here.me(),)
    return {one.user_id: one.email for one in users}
