"""Second factors: begun, verified, given at sign-in, replaced by a recovery code, removed."""

from uuid import uuid4

from msgspec import Struct
from msgspec.structs import replace

from actors.auth import totp
from actors.auth.audited import audited
from actors.auth.making import Making
from actors.auth.texts import checked_name
from actors.ports.identity import Origin, Principal
from actors.ports.journal import JournalRow
from actors.ports.people import Enrollment, SignedIn
from actors.ports.person_rows import FactorRow, SessionRow
from config.auth_errors import CredentialsError, SessionRevokedError
from config.errors import ConflictError, NotFoundError, RateLimitedError

ISSUER = "Whisperer"
"""The name that authenticator apps show."""


class _Given(Struct, frozen=True):
    """A right code: the factor as it is after it, and whether it was a recovery code."""

    factor: FactorRow
    is_recovery: bool


class SecondFactor(Making):
    """At most one verified second factor for each user, and one that waits for its first code."""

    async def enroll(self, user_id: str, name: str, origin: Origin) -> Enrollment:  # noqa: ARG002  # audited when it counts
        """Begin a second factor; it counts from its first right code on."""
        label = checked_name(name) if name else ""

        async def change() -> Enrollment:
            user, now = self._directory.user(user_id), self._parts.now_ms()
            if self._directory.has_factor(user_id):
                raise ConflictError("there is a second factor: remove it first")
            factor_id, secret = str(uuid4()), totp.new_secret()
            sealed, data_keys = self._parts.vault.seal(user_id, _kind(factor_id), secret.encode())
            row = FactorRow(factor_id=factor_id, user_id=user_id, secret=sealed, name=label, created_ms=now)
            older = [replace(one, removed_ms=now) for one in self._directory.factors_of(user_id)]
            await self._directory.commit(*data_keys, *older, row)
            uri = totp.uri(secret, account=user.email, issuer=ISSUER)
            return Enrollment(factor_id=factor_id, secret=secret, uri=uri)

        return await self._directory.alone(change, user_id)

    async def verify_factor(
        self, principal: Principal, factor_id: str, code: str, origin: Origin
    ) -> tuple[SignedIn, tuple[str, ...]]:
        """Give a code: of a new factor, or of a session that waits for it; `code` may be a recovery code then."""

        async def change() -> tuple[SignedIn, tuple[str, ...]]:
            factor, session = self._factor(principal.user_id, factor_id), self._session(principal)
            given = self._given(factor, code, origin)
            codes: tuple[str, ...] = ()
            kept = given.factor.recovery
            if not factor.is_verified:
                codes, kept = totp.new_recovery_codes(self._secret(factor))
            after = replace(given.factor, is_verified=True, recovery=kept)
            session = self._verified(session)
            rows = self._of_verifying(factor, after, session, given, origin)
            await self._directory.commit(after, session, *rows)
            user = self._directory.user(principal.user_id)
            return self._parts.sessions.signed_in(user, session), codes

        return await self._directory.alone(change, principal.user_id)

    async def new_recovery_codes(self, user_id: str, code: str, origin: Origin) -> tuple[str, ...]:
        """Replace the recovery codes; needs a code of the factor."""

        async def change() -> tuple[str, ...]:
            factor = next((row for row in self._directory.factors_of(user_id) if row.is_verified), None)
            if factor is None:
                raise NotFoundError("there is no second factor")
            given = self._given(factor, code, origin)
            codes, kept = totp.new_recovery_codes(self._secret(factor))
            audit = audited("auth.recovery_made", user_id, user_id, origin, factor=factor.factor_id)
            await self._directory.commit(replace(given.factor, recovery=kept), audit)
            return codes

        return await self._directory.alone(change, user_id)

    async def remove_factor(
        self, user_id: str, factor_id: str, code: str | None, origin: Origin, *, actor: str
    ) -> None:
        """Remove a second factor; its owner gives a code, an admin does not."""

        async def change() -> None:
            factor = self._factor(user_id, factor_id)
            if factor.is_verified and (actor == user_id or code is not None):
                factor = self._given(factor, code or "", origin).factor
            gone = replace(factor, secret="", recovery=(), removed_ms=self._parts.now_ms())
            audit = audited("auth.factor_remove", actor, user_id, origin, factor=factor_id)
            await self._directory.commit(gone, audit)

        await self._directory.alone(change, user_id)

    # --- pieces

    def _of_verifying(
        self, before: FactorRow, after: FactorRow, session: SessionRow, given: _Given, origin: Origin
    ) -> list[JournalRow]:
        """Return what else is written with a right code: the audit, and the ends of sessions that never gave one."""
        user_id, factor_id = after.user_id, after.factor_id
        if not before.is_verified:
            others = [
                row
                for row in self._directory.sessions_of(user_id)
                if row.session_id != session.session_id and not row.is_verified
            ]
            audit = audited("auth.factor_add", user_id, user_id, origin, factor=factor_id)
            return [*self._directory.ended(others, "ended"), audit]
        room = [row for row in self._parts.sessions.verified_room(user_id) if row.session_id != session.session_id]
        if given.is_recovery:
            left = len(after.recovery)
            return [*room, audited("auth.recovery_used", user_id, user_id, origin, factor=factor_id, left=left)]
        return [*room, audited("auth.factor_given", user_id, user_id, origin, session=session.session_id)]

    def _factor(self, user_id: str, factor_id: str) -> FactorRow:
        row = self._directory.factor(factor_id)
        if row is None or row.user_id != user_id:
            raise NotFoundError("no such second factor")
        return row

    def _session(self, principal: Principal) -> SessionRow:
        row = self._directory.session(principal.session_id or "")
        if row is None or row.user_id != principal.user_id or self._directory.end_of(row.session_id) is not None:
            raise SessionRevokedError("the session has ended")
        return row

    def _verified(self, session: SessionRow) -> SessionRow:
        """Return the session with the factor given, and its next refresh token if it has any."""
        now = self._parts.now_ms()
        counter = session.counter + 1 if session.key else session.counter
        return replace(session, is_verified=True, counter=counter, refreshed_ms=now, active_ms=now)

    def _given(self, factor: FactorRow, code: str, origin: Origin) -> _Given:
        """Return what is left of a factor after a right code; counted by user and address.

        Raises:
            CredentialsError: If the code is wrong or was used.
            RateLimitedError: If there were too many failures.
        """
        name = f"totp:{factor.user_id}"
        try:
            attempt = self._parts.throttle.attempt(name, origin.address, is_code=True)
        except RateLimitedError:
            self._parts.refusals.note(name, factor.user_id, "throttled", origin)
            raise
        with attempt:
            given = self._matched(factor, code)
            if given is None:
                self._directory.write(*attempt.failed())
                self._parts.refusals.note(name, factor.user_id, "code", origin)
                raise CredentialsError("the code is wrong or was used")
            self._directory.write(*attempt.succeeded())
            return given

    def _matched(self, factor: FactorRow, code: str) -> _Given | None:
        secret = self._secret(factor)
        step = totp.matched_step(secret, code, now_s=self._parts.now_ms() / 1000, used_step=factor.used_step)
        if step is not None:
            return _Given(replace(factor, used_step=step), is_recovery=False)
        left = totp.spend_recovery_code(secret, code, factor.recovery) if factor.is_verified else None
        return None if left is None else _Given(replace(factor, recovery=left), is_recovery=True)

    def _secret(self, factor: FactorRow) -> str:
        return self._parts.vault.open(factor.user_id, _kind(factor.factor_id), factor.secret).decode()


def _kind(factor_id: str) -> str:
    return f"totp:{factor_id}"
