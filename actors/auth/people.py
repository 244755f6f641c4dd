"""Users where we are the issuer."""

from collections.abc import Callable

from actors.auth.administration import Administration
from actors.auth.own import Own
from actors.auth.parts import Parts
from actors.auth.second_factor import SecondFactor
from actors.auth.signing_in import SigningIn


class LocalPeople(SigningIn, Own, SecondFactor, Administration):
    """Implements `ports.People` on the journal; lives as long as the process."""

    def __init__(self, parts: Parts, jwks: Callable[[], bytes]) -> None:
        super().__init__(parts)
        self._jwks = jwks

    def jwks(self) -> bytes:
        """Return the public keys as a JSON Web Key Set."""
        return self._jwks()
