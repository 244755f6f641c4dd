"""Signing in and up, going on with a refresh token, and signing out."""

from collections.abc import Sequence
from functools import partial

from msgspec.structs import replace

from actors.auth import emails, refresh
from actors.auth.audited import audited
from actors.auth.making import Making
from actors.auth.refresh import RefreshToken
from actors.ports.identity import EndReason, Origin
from actors.ports.people import SignedIn
from actors.ports.person_rows import SessionRow, UserRow
from config.auth_errors import CredentialsError, DisabledError, RefreshTokenError
from config.errors import ForbiddenError, RateLimitedError

WRONG = "email or password is wrong"


class SigningIn(Making):
    """Begins and ends sessions."""

    async def sign_in(self, email: str, password: str, origin: Origin, *, is_long: bool = False) -> SignedIn:
        """Begin a session; with a second factor the token opens nothing until `verify_factor`."""
        name = emails.plain(email)
        row = self._directory.by_email(name)
        try:
            attempt = self._parts.throttle.attempt(name, origin.address)
        except RateLimitedError:
            self._refused(name, row, "throttled", origin)
            raise
        with attempt:
            signed_in = await self._entered(name, password, origin, is_long=is_long)
            self._directory.write(*(attempt.failed() if signed_in is None else attempt.succeeded()))
        if signed_in is None:
            raise CredentialsError(WRONG)
        return signed_in

    async def sign_up(
        self, email: str, password: str, origin: Origin, *, profile: dict[str, object] | None = None
    ) -> SignedIn:
        """Make a user with the configured role and sign in; counted by address, lest one takes every account."""
        if not self._parts.section.sign_up:
            raise ForbiddenError("signing up is off: ask an admin for a user")
        with self._parts.throttle.attempt("sign-up", origin.address) as attempt:
            row, _ = await self._row(email, password, self._parts.section.sign_up_roles, profile)
            try:
                await self._make(row, "auth.sign_up", row.user_id, origin)
            finally:  # also of one that was made: there are so many accounts, and who takes one keeps it
                self._directory.write(*attempt.failed())
        signed_in = await self._directory.alone(
            lambda: self._begin(row, row.password, origin, is_long=False), row.user_id
        )
        if signed_in is None:
            raise CredentialsError(WRONG)
        return signed_in

    async def refresh(self, refresh_token: str, origin: Origin) -> SignedIn:
        """Return new tokens for a refresh token; one that was used before ends its session."""
        try:
            token, user_id = self._read(refresh_token)
            return await self._directory.alone(lambda: self._go_on(token, origin), user_id)
        except RefreshTokenError as e:
            self._refused("", None, e.reason, origin)
            raise

    # --- pieces

    async def _entered(self, name: str, password: str, origin: Origin, *, is_long: bool) -> SignedIn | None:
        """Begin a session if the password is right; what was changed meanwhile is looked at again."""
        while True:
            row = self._directory.by_email(name)
            if not await self._parts.passwords.verify(row.password if row else None, password) or row is None:
                self._refused(name, row, "credentials", origin)
                return None
            begin = partial(self._begin, row, await self._rehashed(row, password), origin, is_long=is_long)
            if (signed_in := await self._directory.alone(begin, row.user_id)) is not None:
                return signed_in

    async def _begin(self, verified: UserRow, hashed: str, origin: Origin, *, is_long: bool) -> SignedIn | None:
        """Begin a session of a user whose password was right a moment ago; None when it is another one now."""
        user = self._directory.find(verified.user_id)
        if user is None or user.password != verified.password:
            return None
        if user.is_disabled:
            self._refused(user.email, user, "disabled", origin)
            raise DisabledError("the user is disabled")
        beginning = self._parts.sessions.begin(user, origin, is_long=is_long)
        user = replace(user, password=hashed, signed_in_ms=self._parts.now_ms())
        session_id = beginning.session.session_id
        audit = audited("auth.sign_in", user.user_id, user.user_id, origin, session=session_id)
        await self._directory.commit(user, *beginning.data_keys, *beginning.ended, beginning.session, audit)
        return self._parts.sessions.signed_in(user, beginning.session)

    def _read(self, refresh_token: str) -> tuple[RefreshToken, str]:
        """Return a refresh token that we made, and whose it is.

        Raises:
            RefreshTokenError: If its session is no more, or it was made by somebody else.
        """
        token = refresh.read(refresh_token)
        found = self._directory.session(token.session_id)
        if found is None or not found.key or not token.is_made_with(self._parts.sessions.key(found)):
            raise RefreshTokenError("no such refresh token")
        return token, found.user_id

    async def _go_on(self, token: RefreshToken, origin: Origin) -> SignedIn:
        """Rotate, or not; one after the other for each user."""
        session, user = self._directory.session(token.session_id), None
        if session is not None:
            user = self._directory.find(session.user_id)
        if session is None or user is None:
            raise RefreshTokenError("the session has ended", reason="session_expired")
        if user.is_disabled:
            raise RefreshTokenError("the user is disabled", reason="user_banned")
        if (reason := self._directory.end_of(session.session_id)) is not None:
            await self._end([session], reason, origin)
            raise RefreshTokenError("the session has ended", reason="session_expired")
        now = self._parts.now_ms()
        ruling = refresh.rule(token, counter=session.counter, refreshed_ms=session.refreshed_ms, now_ms=now)
        if ruling == "unknown":
            raise RefreshTokenError("no such refresh token")
        if ruling == "reused":
            await self._end([session], "reused", origin)
            raise RefreshTokenError("this refresh token was used before", reason="refresh_token_already_used")
        if ruling == "rotate":
            session = replace(session, counter=session.counter + 1, refreshed_ms=now, active_ms=now)
            await self._directory.commit(session)
        self._directory.note(session.session_id)
        return self._parts.sessions.signed_in(user, session)

    async def _end(self, rows: Sequence[SessionRow], reason: EndReason, origin: Origin) -> None:
        user_id = rows[0].user_id
        audit = audited("auth.session_end", "node", user_id, origin, reason=reason, session=rows[0].session_id)
        await self._directory.commit(*self._directory.ended(rows, reason), audit)

    async def _rehashed(self, row: UserRow, password: str) -> str:
        """Return the hash to keep: a new one when it was made with weaker settings than today's."""
        if not self._parts.passwords.needs_rehash(row.password):
            return row.password
        return await self._parts.passwords.hash(password)

    def _refused(self, name: str, row: UserRow | None, reason: str, origin: Origin) -> None:
        """Tell the audit log; names that are nobody's are counted as one for each address."""
        self._parts.refusals.note(name if row else "", row.user_id if row else "", reason, origin)
