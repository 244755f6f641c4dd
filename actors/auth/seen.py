"""Users and sessions of an issuer elsewhere: what their tokens say becomes rows of ours, durable before it counts."""

import asyncio
from collections.abc import Iterable
from functools import partial

from msgspec.structs import replace

from actors.auth.audited import audited
from actors.auth.claims import Claims
from actors.auth.directory import ROSTER, Directory
from actors.auth.project import Standing
from actors.auth.seen_rows import NOWHERE, SeenRows
from actors.auth.shown import user as shown_user
from actors.auth.standings import Standings
from actors.flights import Flights
from actors.ports.identity import EndReason, Origin
from actors.ports.people import PeopleListener, User
from actors.ports.person_rows import SessionRow, UserRow
from config.auth_errors import JwksUnavailableError, SessionRevokedError
from config.errors import NodeError, UnauthorizedError


class Seen:
    """Admits tokens that are right: each once, when it is seen first.

    A new user needs the issuer's word; of one who is known, a token goes on counting while the issuer is away.
    """

    def __init__(
        self,
        rows: SeenRows,
        directory: Directory,
        standings: Standings,
        listeners: Iterable[PeopleListener],
        ended: Iterable[SessionRow],
    ) -> None:
        """Take up what was ended before.

        Args:
            rows: Makes them.
            directory: What is known of people.
            standings: Asks the issuer about somebody.
            listeners: Who gives users what they have; may grow.
            ended: Sessions that were ended here and whose issuer may go on renewing them.
        """
        self._rows = rows
        self._directory = directory
        self._standings = standings
        self._listeners = listeners
        self._ended = {row.session_id: row.until_ms for row in ended}
        self._origins: dict[str, Origin] = {}
        self._flights = Flights[None]()

    async def admit(self, token: str, claims: Claims) -> None:
        """Make durable what a token says that was verified; those who bring it meanwhile wait for the same.

        Raises:
            SessionRevokedError: If its session has ended, here or there, or its user is disabled.
            UnauthorizedError: If its issuer does not take it any more.
            JwksUnavailableError: If the user is new and the issuer cannot be asked.
            NoCapacityError: If the user is new and there is no room for one more trader.
            StoreUnavailableError: If it cannot be made durable.
        """
        task = self._flights.join(token, partial(self._admit, token, claims))
        await asyncio.wait({task})
        task.result()

    def expect(self, token: str, origin: Origin) -> None:
        """Note where a token comes from that was just issued by our asking."""
        self._origins[token] = origin

    def forget(self, token: str) -> None:
        """Forget where a token comes from: it was not seen for the first time."""
        self._origins.pop(token, None)

    def session_ended(self, user_id: str, session_id: str, reason: EndReason) -> None:  # noqa: ARG002  # who listens
        """Remember a session that ended here, for as long as its issuer's tokens of it could be taken."""
        now = self._directory.now_ms()
        if len(self._ended) % 1_024 == 0:
            self._ended = {name: until for name, until in self._ended.items() if until > now}
        self._ended[session_id] = now + self._rows.session_ms

    def key_ended(self, user_id: str, key_id: str) -> None:
        """Do nothing: API keys are our own."""

    def stop(self) -> None:
        """Cancel what is under way."""
        self._flights.stop()

    async def _admit(self, token: str, claims: Claims) -> None:
        origin = self._origins.pop(token, NOWHERE)
        self._check_session(claims)
        is_new = self._directory.find(claims.sub) is None
        standing = await self._standings.of(token, must_know=is_new)
        change = partial(self._take, claims, standing, origin)
        await self._directory.alone(change, ROSTER, claims.sub)

    def _check_session(self, claims: Claims) -> SessionRow | None:
        """Return the session of a token if it was seen before.

        Raises:
            SessionRevokedError: If it is over.
        """
        row = self._directory.session(claims.session_id)
        if row is not None and row.user_id != claims.sub:
            raise UnauthorizedError("the token's session is somebody else's")
        is_over = claims.session_id in self._ended or self._rows.until_ms(claims) <= self._directory.now_ms()
        if is_over or (row is not None and self._directory.end_of(row.session_id) is not None):
            raise SessionRevokedError("the session has ended: sign in again")
        return row

    async def _take(self, claims: Claims, standing: Standing | None, origin: Origin) -> None:
        """Write what is new, while nobody else changes it."""
        session, before = self._check_session(claims), self._directory.find(claims.sub)
        if before is None and standing is None:
            raise JwksUnavailableError("Supabase cannot be asked about a new user now", retry_after_s=5.0)
        if before is not None and before.is_disabled:
            raise SessionRevokedError("the user is disabled")
        after = self._rows.user(claims, before)
        kept = self._rows.signed_in(after, claims) if session is None else after
        rows = [*self._rows.changes(before, kept, claims.session_id), *self._rows.session(claims, session, origin)]
        if standing is not None:
            rows += self._rows.factors(claims.sub, standing)
        if rows:
            await self._directory.commit(*rows)
        await self._tell(before, after)

    async def _tell(self, before: UserRow | None, after: UserRow) -> None:
        """Give a new user, or one who may trade now, a trader; without room for one it is as if nobody had come."""
        if before is after:
            return
        user = self._shown(after)
        is_trader_new = "trader" in after.roles and (before is None or "trader" not in before.roles)
        if before is not None and not is_trader_new:
            for listener in self._listeners:
                await listener.user_changed(user)
            return
        try:
            for listener in self._listeners:
                await listener.user_made(user)
        except NodeError as e:
            await self._undo(before, after, e)
            raise

    async def _undo(self, before: UserRow | None, after: UserRow, why: NodeError) -> None:
        now = self._directory.now_ms()
        if before is not None:
            roles = list[str](before.roles)
            audit = audited("user.roles", "node", after.user_id, NOWHERE, roles=roles, reason=why.code)
            await self._directory.commit(before, audit)
            return
        gone = replace(after, email="", profile={}, removed_ms=now)
        ends = self._directory.ended(self._directory.sessions_of(after.user_id), "removed")
        audit = audited("user.remove", "node", after.user_id, NOWHERE, reason=why.code)
        await self._directory.commit(gone, *ends, audit)
        for row in ends:
            self._ended.pop(row.session_id, None)  # the same session may come again when there is room

    def _shown(self, row: UserRow) -> User:
        return shown_user(row, has_second_factor=self._directory.has_factor(row.user_id))
