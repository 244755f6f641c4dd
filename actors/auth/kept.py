"""What is kept of users here, and done with it, whoever issues their tokens."""

from collections.abc import Awaitable, Callable, Sequence

from msgspec.structs import replace

from actors.auth import shown
from actors.auth.api_keys import ApiKeys
from actors.auth.audited import audited
from actors.auth.directory import Directory
from actors.ports.identity import EndReason, Origin, Principal, Scope
from actors.ports.people import ApiKey, Factor, PeopleListener, Session, SignOut, User
from actors.ports.person_rows import ApiKeyRow, SessionRow, UserRow
from config.errors import NotFoundError


class Kept:
    """The half of `ports.People` that needs no issuer: users as seen, sessions, API keys."""

    def __init__(self, directory: Directory, api_keys: ApiKeys, listeners: list[PeopleListener]) -> None:
        """Work on what the directory has; `listeners` open and close what users have."""
        self._directory = directory
        self._api_keys = api_keys
        self._listeners = listeners

    def listen(self, listener: PeopleListener) -> None:
        """Have `listener` open and close what users have; it must not change users itself."""
        self._listeners.append(listener)

    def user(self, user_id: str) -> User:
        """Return a user."""
        return self._shown(self._directory.user(user_id))

    def users(self) -> Sequence[User]:
        """Return all users that were not removed, by email."""
        return [self._shown(row) for row in self._directory.users()]

    def factors(self, user_id: str) -> Sequence[Factor]:
        """Return a user's second factors, also one that was not verified yet."""
        return [shown.factor(row) for row in self._directory.factors_of(user_id)]

    def sessions(self, user_id: str) -> Sequence[Session]:
        """Return a user's living sessions, the newest first."""
        rows = self._directory.sessions_of(user_id)
        return [shown.session(row) for row in rows if self._directory.end_of(row.session_id) is None]

    async def end_session(self, user_id: str, session_id: str, origin: Origin, *, actor: str) -> None:
        """End one session of a user on this node."""

        async def change() -> None:
            row = self._directory.session(session_id)
            if row is None or row.user_id != user_id:
                raise NotFoundError("no such session")
            audit = audited("auth.session_end", actor, user_id, origin, reason="ended", session=session_id)
            await self._directory.commit(*self._directory.ended([row], "ended"), audit)

        await self._directory.alone(change, user_id)

    async def sign_out(self, principal: Principal, which: SignOut, origin: Origin) -> None:
        """End sessions on this node; another issuer may go on renewing them, which opens nothing here."""
        user_id, mine = principal.user_id, principal.session_id

        async def change() -> None:
            rows = [
                row
                for row in self._directory.sessions_of(user_id)
                if which == "global" or (row.session_id == mine) == (which == "local")
            ]
            if rows:
                audit = audited("auth.sign_out", user_id, user_id, origin, which=which, sessions=len(rows))
                reason: EndReason = "ended" if which == "others" else "signed_out"
                await self._directory.commit(*self._directory.ended(rows, reason), audit)

        await self._directory.alone(change, user_id)

    def api_keys(self, user_id: str) -> Sequence[ApiKey]:
        """Return a user's API keys that have not ended."""
        return self._api_keys.of(user_id)

    async def make_api_key(
        self, user_id: str, name: str, scopes: Sequence[Scope], expires_ms: int | None, origin: Origin
    ) -> tuple[ApiKey, str]:
        """Make an API key; return it and its text, shown once."""
        return await self._api_keys.make(user_id, name, scopes, expires_ms, origin)

    async def end_api_key(self, user_id: str, key_id: str, origin: Origin, *, actor: str) -> None:
        """Take an API key back."""
        await self._api_keys.end(user_id, key_id, origin, actor=actor)

    # --- pieces

    def _shown(self, row: UserRow) -> User:
        return shown.user(row, has_second_factor=self._directory.has_factor(row.user_id))

    async def _tell(self, told: Callable[[PeopleListener], Awaitable[None]]) -> None:
        for listener in self._listeners:
            await told(listener)

    async def _tell_changed(self, row: UserRow) -> User:
        user = self._shown(row)
        await self._tell(lambda listener: listener.user_changed(user))
        return user

    def _all_sessions(self, user_id: str, reason: EndReason) -> list[SessionRow]:
        return self._directory.ended(self._directory.sessions_of(user_id), reason)

    def _all_keys(self, user_id: str) -> list[ApiKeyRow]:
        now = self._directory.now_ms()
        return [replace(row, ended_ms=now) for row in self._directory.keys_of(user_id)]
