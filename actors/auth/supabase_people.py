"""Users where Supabase is the issuer: those that were seen, their sessions here, and their API keys."""

from collections.abc import Sequence

from msgspec.structs import replace

from actors.auth import shown
from actors.auth.audited import audited
from actors.auth.directory import ROSTER
from actors.auth.kept_elsewhere import KeptElsewhere
from actors.auth.supabase_signing_in import SupabaseSigningIn
from actors.ports.identity import Origin, Scope
from actors.ports.people import ApiKey, Factor, PeopleListener, Session, User
from config.errors import ConflictError, NotFoundError


class SupabasePeople(SupabaseSigningIn, KeptElsewhere):
    """Implements `ports.People`; what Supabase keeps is refused and says so."""

    def listen(self, listener: PeopleListener) -> None:
        """Have `listener` open and close what users have."""
        self._parts.listeners.append(listener)

    def user(self, user_id: str) -> User:
        """Return a user that was seen."""
        return self._shown(self._directory.user(user_id))

    def users(self) -> Sequence[User]:
        """Return all users that were seen, by email."""
        return [self._shown(row) for row in self._directory.users()]

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

    async def set_disabled(self, user_id: str, origin: Origin, *, is_disabled: bool, actor: str) -> User:
        """Shut a user out of this node, or let them in again; at Supabase nothing changes."""
        if is_disabled and actor == user_id:
            raise ConflictError("nobody can disable themselves: ask another admin")

        async def change() -> User:
            before = self._directory.user(user_id)
            if before.is_disabled == is_disabled:
                return self._shown(before)
            now = self._directory.now_ms()
            after = replace(before, is_disabled=is_disabled)
            ends = self._directory.ended(self._directory.sessions_of(user_id), "disabled") if is_disabled else []
            keys = self._directory.keys_of(user_id) if is_disabled else []
            audit = audited("user.disable" if is_disabled else "user.enable", actor, user_id, origin)
            await self._directory.commit(after, *ends, *(replace(key, ended_ms=now) for key in keys), audit)
            user = self._shown(after)
            for listener in self._parts.listeners:
                await listener.user_changed(user)
            return user

        return await self._directory.alone(change, ROSTER, user_id)

    def factors(self, user_id: str) -> Sequence[Factor]:
        """Return the second factor that Supabase told of."""
        return [shown.factor(row) for row in self._directory.factors_of(user_id)]

    def api_keys(self, user_id: str) -> Sequence[ApiKey]:
        """Return a user's API keys that have not ended."""
        return self._parts.api_keys.of(user_id)

    async def make_api_key(
        self, user_id: str, name: str, scopes: Sequence[Scope], expires_ms: int | None, origin: Origin
    ) -> tuple[ApiKey, str]:
        """Make an API key; return it and its text, shown once."""
        return await self._parts.api_keys.make(user_id, name, scopes, expires_ms, origin)

    async def end_api_key(self, user_id: str, key_id: str, origin: Origin, *, actor: str) -> None:
        """Take an API key back."""
        await self._parts.api_keys.end(user_id, key_id, origin, actor=actor)

    def jwks(self) -> bytes:
        """Return no keys: this node signs nothing."""
        return b'{"keys":[]}'
