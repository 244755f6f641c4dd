"""Users where we are the issuer."""

from collections.abc import Callable, Sequence

from actors.auth.administration import Administration
from actors.auth.api_keys import ApiKeys
from actors.auth.own import Own
from actors.auth.parts import Parts
from actors.auth.second_factor import SecondFactor
from actors.auth.signing_in import SigningIn
from actors.ports.identity import Origin, Scope
from actors.ports.people import ApiKey, PeopleListener


class LocalPeople(SigningIn, Own, SecondFactor, Administration):
    """Implements `ports.People` on the journal; lives as long as the process."""

    def __init__(self, parts: Parts, api_keys: ApiKeys, jwks: Callable[[], bytes]) -> None:
        super().__init__(parts)
        self._api_keys = api_keys
        self._jwks = jwks

    def listen(self, listener: PeopleListener) -> None:
        """Have `listener` open and close what users have; it must not change users itself."""
        self._parts.listeners.append(listener)

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

    def jwks(self) -> bytes:
        """Return the public keys as a JSON Web Key Set."""
        return self._jwks()
