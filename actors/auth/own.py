"""What users do with their own things: password and profile."""

from msgspec.structs import replace

from actors.auth.audited import audited
from actors.auth.making import Making, changed_profile
from actors.auth.parts import Parts
from actors.ports.identity import Origin, Principal
from actors.ports.people import User
from actors.ports.person_rows import UserRow
from config.auth_errors import CredentialsError, PendingError, SessionRevokedError, WeakPasswordError
from config.errors import ConflictError, RateLimitedError

FRESH_MS = 10 * 60_000
"""A session so young needs no current password to set a new one: it was given a moment ago."""


class Own(Making):
    """One's own things."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._changing: set[str] = set()

    async def change_password(self, principal: Principal, current: str | None, new: str, origin: Origin) -> User:
        """Change one's password; every other session ends.

        Raises:
            RateLimitedError: If another change of it is under way: hashes are dear, and everybody waits for their own.
        """
        if principal.pending == "second_factor":
            raise PendingError("the second factor must be given first")
        if principal.user_id in self._changing:
            raise RateLimitedError("another change of this password is under way", retry_after_s=1.0)
        self._changing.add(principal.user_id)
        try:
            return await self._change_password(principal, current, new, origin)
        finally:
            self._changing.discard(principal.user_id)

    async def change_profile(self, user_id: str, changes: dict[str, object], origin: Origin) -> User:
        """Change one's `user_metadata`, key by key; None removes one."""

        async def change() -> User:
            before = self._directory.user(user_id)
            profile = changed_profile(before.profile, changes)
            if profile == before.profile:
                return self._shown(before)
            after = replace(before, profile=profile, updated_ms=self._parts.now_ms())
            await self._directory.commit(after, audited("auth.profile", user_id, user_id, origin))
            return self._shown(after)

        return await self._directory.alone(change, user_id)

    async def _change_password(self, principal: Principal, current: str | None, new: str, origin: Origin) -> User:
        user = self._directory.user(principal.user_id)
        await self._check_current(user, principal, current, origin)
        self._parts.passwords.check(new, email=user.email, old=current)
        if await self._parts.passwords.verify(user.password, new):
            raise WeakPasswordError("expected another password than before", reasons=("characters",))
        hashed = await self._parts.passwords.hash(new)

        async def change() -> User:
            now = self._directory.user(user.user_id)
            if now.password != user.password:
                raise ConflictError("the password was changed meanwhile")
            if principal.session_id is None or self._directory.session(principal.session_id) is None:
                raise SessionRevokedError("the session has ended")
            after = replace(now, password=hashed, must_change=False, updated_ms=self._parts.now_ms())
            others = [
                row for row in self._directory.sessions_of(user.user_id) if row.session_id != principal.session_id
            ]
            audit = audited("auth.password", user.user_id, user.user_id, origin)
            await self._directory.commit(after, *self._directory.ended(others, "password"), audit)
            return self._shown(after)

        return await self._directory.alone(change, user.user_id)

    async def _check_current(self, user: UserRow, principal: Principal, current: str | None, origin: Origin) -> None:
        """Do nothing when the current password was given, or need not be.

        Raises:
            CredentialsError: If it is wrong or missing.
            RateLimitedError: If there were too many failures.
        """
        if current is None:
            session = self._directory.session(principal.session_id or "")
            is_fresh = session is not None and 0 <= self._parts.now_ms() - session.created_ms < FRESH_MS
            if not is_fresh and not user.must_change:
                raise CredentialsError("the current password is needed")
            return
        with self._parts.throttle.attempt(user.email, origin.address) as attempt:
            if not await self._parts.passwords.verify(user.password, current):
                self._directory.write(*attempt.failed())
                self._parts.refusals.note(user.email, user.user_id, "password", origin)
                raise CredentialsError("the current password is wrong")
