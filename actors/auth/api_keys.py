"""API keys of programs: made, taken back, and whose one is; the same wherever users are kept."""

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from actors.auth import api_key, shown
from actors.auth.audited import audited
from actors.auth.directory import Directory
from actors.auth.roles import effective, scopes_of
from actors.auth.texts import checked_name
from actors.ports.identity import Origin, Principal, Role, Scope
from actors.ports.people import ApiKey
from actors.ports.person_rows import ApiKeyRow, UserRow
from config.auth_errors import SessionRevokedError, TokenExpiredError
from config.errors import InvalidInputError, NoCapacityError, NotFoundError, UnauthorizedError

MAX_MS = 253_402_300_800_000
"""The year 10000."""


class ApiKeys:
    """The API keys of all users."""

    def __init__(self, directory: Directory, *, max_per_user: int, now_ms: Callable[[], int]) -> None:
        self._directory = directory
        self._max_per_user = max_per_user
        self._now_ms = now_ms

    def is_one(self, token: str) -> bool:
        """Return whether a token is meant to be an API key."""
        return token.startswith(api_key.PREFIX)

    def principal(self, text: str) -> Principal:
        """Return whose API key this is.

        Raises:
            UnauthorizedError: If it is nobody's.
            SessionRevokedError: If it was taken back, or its user was disabled.
            TokenExpiredError: If it has ended.
        """
        key_id = api_key.parse(text)
        row = None if key_id is None else self._directory.key(key_id)
        if row is None or not api_key.matches(text, row.digest):
            raise UnauthorizedError("the API key opens nothing")
        key, user = self.owner(row.key_id)
        return Principal(
            user_id=user.user_id,
            roles=effective(user.roles),
            key_id=key.key_id,
            scopes=frozenset(key.scopes),
            expires_ms=key.expires_ms,
            email=user.email,
        )

    def owner(self, key_id: str) -> tuple[ApiKeyRow, UserRow]:
        """Return a living key and its user.

        Raises:
            SessionRevokedError: If it was taken back, or its user was disabled.
            TokenExpiredError: If it has ended.
        """
        row = self._directory.key(key_id)
        user = None if row is None else self._directory.find(row.user_id)
        if row is None or user is None or user.is_disabled:
            raise SessionRevokedError("the API key was taken back")
        if row.expires_ms is not None and row.expires_ms <= self._now_ms():
            raise TokenExpiredError("the API key has expired")
        return row, user

    def of(self, user_id: str) -> Sequence[ApiKey]:
        """Return a user's API keys that have not ended, the newest first."""
        return [shown.api_key(row) for row in self._living(user_id)]

    async def make(
        self, user_id: str, name: str, scopes: Sequence[Scope], expires_ms: int | None, origin: Origin
    ) -> tuple[ApiKey, str]:
        """Make an API key; return it and its text, shown once."""
        label = checked_name(name)
        if expires_ms is not None and not self._now_ms() < expires_ms <= MAX_MS:
            raise InvalidInputError("expected an end in the future", path="$.expires_ms")

        async def change() -> tuple[ApiKey, str]:
            wanted = _checked(scopes, self._directory.user(user_id).roles)
            if len(self._living(user_id)) >= self._max_per_user:
                raise NoCapacityError(f"a user may have {self._max_per_user} API keys: take one back first")
            made = api_key.make()
            row = ApiKeyRow(
                key_id=made.key_id,
                user_id=user_id,
                name=label,
                digest=made.digest,
                scopes=wanted,
                created_ms=self._now_ms(),
                expires_ms=expires_ms,
            )
            audit = audited("auth.key_add", user_id, user_id, origin, key=row.key_id, name=label, scopes=list(wanted))
            await self._directory.commit(row, audit)
            return shown.api_key(row), made.text

        return await self._directory.alone(change, user_id)

    async def end(self, user_id: str, key_id: str, origin: Origin, *, actor: str) -> None:
        """Take an API key back."""

        async def change() -> None:
            row = self._directory.key(key_id)
            if row is None or row.user_id != user_id:
                raise NotFoundError("no such API key")
            audit = audited("auth.key_end", actor, user_id, origin, key=key_id)
            await self._directory.commit(replace(row, ended_ms=self._now_ms()), audit)

        await self._directory.alone(change, user_id)

    def _living(self, user_id: str) -> list[ApiKeyRow]:
        now = self._now_ms()
        return [row for row in self._directory.keys_of(user_id) if row.expires_ms is None or row.expires_ms > now]


def _checked(scopes: Sequence[Scope], roles: Sequence[Role]) -> tuple[Scope, ...]:
    """Return scopes, each once.

    Raises:
        InvalidInputError: If there is none, or one that the roles do not allow.
    """
    allowed = scopes_of(roles)
    for scope in scopes:
        if scope not in allowed:
            raise InvalidInputError(f"expected scopes of {', '.join(sorted(allowed))}, was {scope!r}", path="$.scopes")
    if not scopes:
        raise InvalidInputError("expected at least one scope, was none", path="$.scopes")
    return tuple(sorted(set(scopes)))
