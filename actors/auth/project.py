"""What we ask of an issuer elsewhere, in our words and with our errors."""

from typing import Protocol

from msgspec import Struct


class Grant(Struct, frozen=True, kw_only=True):
    """Tokens as an issuer gave them; never kept."""

    access_token: str
    refresh_token: str

    def __repr__(self) -> str:
        return "Grant()"


class Standing(Struct, frozen=True, kw_only=True):
    """What the issuer knows of a user whose token it was shown, beyond what stands in the token."""

    factor_id: str | None
    """Of a verified second factor; None: the user has none."""


class Project(Protocol):
    """An issuer of tokens elsewhere; every method ends within its timeout.

    All raise `JwksUnavailableError` when it cannot be reached or does not answer as it should.
    """

    async def jwks(self) -> bytes:
        """Return its public keys as a JSON Web Key Set."""

    async def sign_in(self, email: str, password: str) -> Grant:
        """Return tokens for email and password.

        Raises:
            CredentialsError: If they are wrong.
            DisabledError: If they are right and the user may not sign in.
            RateLimitedError: If it wants to be asked less.
        """

    async def sign_up(self, email: str, password: str, profile: dict[str, object]) -> Grant | None:
        """Make a user; None when the email must be confirmed first.

        Raises:
            ConflictError: If there is one.
            WeakPasswordError: If the password is weak.
            InvalidInputError: If the email is none.
            ForbiddenError: If nobody may sign up.
            RateLimitedError: If it wants to be asked less.
        """

    async def refresh(self, refresh_token: str) -> Grant:
        """Return new tokens.

        Raises:
            RefreshTokenError: If the refresh token opens nothing.
            RateLimitedError: If it wants to be asked less.
        """

    async def standing(self, access_token: str) -> Standing:
        """Return what it knows of the bearer.

        Raises:
            SessionRevokedError: If it says that session or user are no more.
            UnauthorizedError: If it does not take the token.
        """

    async def close(self) -> None:
        """Let go of its connections."""
