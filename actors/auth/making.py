"""Making users: by an admin, by themselves, by the first start."""

from collections.abc import Sequence
from uuid import uuid4

import msgspec
from msgspec.structs import replace

from actors.auth import emails
from actors.auth.audited import Action, audited
from actors.auth.directory import ROSTER
from actors.auth.parts import Part
from actors.auth.roles import read_roles
from actors.ports.identity import Origin
from actors.ports.people import User
from actors.ports.person_rows import UserRow
from config.auth_errors import EmailTakenError
from config.errors import InvalidInputError, NodeError

MAX_PROFILE_BYTES = 4_096
"""The profile is a part of every access token, and of each request's header therefore."""


class Making(Part):
    """What makes users."""

    async def _row(
        self, email: str, password: str | None, roles: Sequence[str], profile: dict[str, object] | None
    ) -> tuple[UserRow, str]:
        """Return the row of a new user and the password that was made, "" when one was given."""
        now, address, names = self._parts.now_ms(), emails.checked(email), read_roles(roles)
        words = changed_profile({}, profile or {})
        hashed, made = await self._hashed(password, address)
        row = UserRow(
            user_id=str(uuid4()),
            email=address,
            password=hashed,
            roles=names,
            must_change=password is None,
            profile=words,
            created_ms=now,
            updated_ms=now,
        )
        return row, made

    async def _hashed(self, password: str | None, email: str) -> tuple[str, str]:
        """Return the hash of a password, and the password itself when it had to be made."""
        if password is None:
            made = self._parts.passwords.made()
            return await self._parts.passwords.hash(made), made
        self._parts.passwords.check(password, email=email)
        return await self._parts.passwords.hash(password), ""

    async def _make(self, row: UserRow, action: Action, actor: str, origin: Origin) -> User:
        """Make a user durable, then give it what users have; one that cannot have it is removed again."""

        async def change() -> User:
            if self._directory.by_email(row.email) is not None:
                raise EmailTakenError
            audit = audited(action, actor, row.user_id, origin, email=row.email, roles=list(row.roles))
            await self._directory.commit(row, audit)
            try:
                await self._tell(lambda listener: listener.user_made(self._shown(row)))
            except NodeError as e:
                gone = replace(row, email="", password="", profile={}, removed_ms=self._parts.now_ms())
                undone = audited("user.remove", actor, row.user_id, origin, reason=e.code)
                self._directory.let(gone, undone)
                raise
            return self._shown(row)

        return await self._directory.alone(change, ROSTER, row.user_id)


def changed_profile(profile: dict[str, object], changes: dict[str, object]) -> dict[str, object]:
    """Return a profile after changes key by key; None removes one.

    Raises:
        InvalidInputError: If it becomes too large.
    """
    merged = {name: value for name, value in (profile | changes).items() if value is not None}
    if len(msgspec.json.encode(merged)) > MAX_PROFILE_BYTES:
        raise InvalidInputError(f"a profile may have {MAX_PROFILE_BYTES} bytes as JSON", path="$.data")
    return merged
