"""What the tokens of an issuer elsewhere say, as rows of ours."""

from msgspec.structs import replace

from actors.auth.audited import audited
from actors.auth.claims import Claims
from actors.auth.directory import Directory
from actors.auth.project import Standing
from actors.auth.roles import GIVEN
from actors.auth.sessions import MAX_ADDRESS, MAX_USER_AGENT, make_room
from actors.auth.texts import shortened
from actors.ports.identity import Origin, Role
from actors.ports.journal import JournalRow
from actors.ports.person_rows import FactorRow, SessionRow, UserRow
from config.auth import AuthSection

NOWHERE = Origin()
_DAY_MS = 86_400_000


class SeenRows:
    """Makes the rows; writes and decides nothing."""

    def __init__(self, section: AuthSection, directory: Directory) -> None:
        """Look at what is known in `directory`."""
        self._section = section
        self._directory = directory

    def roles_of(self, claims: Claims) -> tuple[Role, ...]:
        """Return the roles that a token gives, in the usual order."""
        if claims.roles is None:
            return self._section.supabase.default_roles
        return tuple(role for role in GIVEN if role in claims.roles)

    def until_ms(self, claims: Claims) -> int:
        """Return when the session of a token ends however often it is renewed."""
        return claims.signed_in_s * 1_000 + self.session_ms

    @property
    def session_ms(self) -> int:
        """How long a session lives at most."""
        return int(self._section.session_days * _DAY_MS)

    def user(self, claims: Claims, before: UserRow | None) -> UserRow:
        """Return the user as the token says; as before if nothing is other, or something newer is known."""
        issued_ms = claims.iat * 1_000
        roles, email, profile = self.roles_of(claims), claims.email or claims.sub, claims.user_metadata
        if before is None:
            now = self._directory.now_ms()
            return UserRow(
                user_id=claims.sub,
                email=email,
                roles=roles,
                profile=profile,
                created_ms=now,
                updated_ms=min(now, issued_ms),
            )
        is_same = (roles, email, profile) == (before.roles, before.email, before.profile)
        if is_same or issued_ms < before.updated_ms:
            return before
        return replace(before, roles=roles, email=email, profile=profile, updated_ms=issued_ms)

    def signed_in(self, user: UserRow, claims: Claims) -> UserRow:
        """Return the user with the session of a token as the newest one, if it is."""
        at_ms = min(self._directory.now_ms(), claims.signed_in_s * 1_000)
        is_newest = user.signed_in_ms is None or user.signed_in_ms < at_ms
        return replace(user, signed_in_ms=at_ms) if is_newest else user

    def changes(self, before: UserRow | None, after: UserRow, session_id: str) -> list[JournalRow]:
        """Return the rows of a user who is new or other than before; who had the email before loses it."""
        if after is before:
            return []
        other = self._directory.by_email(after.email)
        is_taken = other is not None and other.user_id != after.user_id
        rows: list[JournalRow] = [replace(other, email=other.user_id)] if other is not None and is_taken else []
        roles = list[str](after.roles)
        if before is None:
            audit = audited("user.add", "node", after.user_id, NOWHERE, email=after.email, roles=roles)
            return [*rows, after, audit]
        rows.append(after)
        if before.roles != after.roles:
            was = list[str](before.roles)
            rows.append(audited("user.roles", "node", after.user_id, NOWHERE, was=was, roles=roles))
        return [*rows, *self._ends_of_others(before, after, session_id)]

    def session(self, claims: Claims, before: SessionRow | None, origin: Origin) -> list[JournalRow]:
        """Return the rows of a session that is new, or whose second factor was given since."""
        if before is not None:
            is_verified_now = claims.is_verified and not before.is_verified
            return [replace(before, is_verified=True)] if is_verified_now else []
        now = self._directory.now_ms()
        session = SessionRow(
            session_id=claims.session_id,
            user_id=claims.sub,
            key="",
            refreshed_ms=now,
            active_ms=now,
            until_ms=self.until_ms(claims),
            is_verified=claims.is_verified,
            address=shortened(origin.address, MAX_ADDRESS),
            user_agent=shortened(origin.user_agent, MAX_USER_AGENT),
            created_ms=min(now, claims.signed_in_s * 1_000),
        )
        at_most = self._section.max_sessions_per_user
        room = make_room(self._directory, claims.sub, at_most, is_verified=claims.is_verified)
        return [*room, session, audited("auth.sign_in", claims.sub, claims.sub, origin, session=claims.session_id)]

    def factors(self, user_id: str, standing: Standing) -> list[JournalRow]:
        """Return the rows with which our word about the second factor becomes the issuer's."""
        now, kept, factor_id = self._directory.now_ms(), self._directory.factors_of(user_id), standing.factor_id
        rows: list[JournalRow] = [replace(row, removed_ms=now) for row in kept if row.factor_id != factor_id]
        if factor_id is None or any(row.factor_id == factor_id for row in kept):
            return rows
        made = FactorRow(
            factor_id=factor_id, user_id=user_id, secret="", name="Supabase", is_verified=True, created_ms=now
        )
        return [*rows, made]

    def _ends_of_others(self, before: UserRow, after: UserRow, session_id: str) -> list[SessionRow]:
        """Return the ends of a user's other sessions when roles were taken."""
        if set(before.roles) <= set(after.roles):
            return []
        others = [row for row in self._directory.sessions_of(after.user_id) if row.session_id != session_id]
        return self._directory.ended(others, "role")
