"""What signing in and tokens are refused with."""

from config.errors import ConflictError, ForbiddenError, InvalidInputError, NodeError, UnauthorizedError


class TokenMissingError(UnauthorizedError):
    """No token where one is needed."""


class TokenExpiredError(UnauthorizedError):
    """A token that was good and has ended."""

    code = "token_expired"


class SessionRevokedError(UnauthorizedError):
    """A session that was ended: signed out, disabled, or other roles."""

    code = "session_revoked"


class CredentialsError(UnauthorizedError):
    """A wrong email, password or code; which one is not told."""

    code = "credentials_rejected"


class DisabledError(UnauthorizedError):
    """The credentials are right, the user may not sign in."""

    code = "forbidden"
    status = 403


class UnconfirmedError(DisabledError):
    """The credentials are right, and the email was not confirmed yet."""


class RefreshTokenError(UnauthorizedError):
    """A refresh token that opens nothing."""

    code = "session_revoked"

    def __init__(self, message: str, *, reason: str = "refresh_token_not_found") -> None:
        super().__init__(message)
        self.reason = reason
        """`refresh_token_not_found`, `refresh_token_already_used`, `session_expired` or `user_banned`."""


class JwksUnavailableError(NodeError):
    """The issuer cannot be reached and nothing of it is known."""

    code = "jwks_unavailable"
    status = 503
    is_retryable = True


class PendingError(ForbiddenError):
    """Signed in, but something must be done first: the second factor, or another password."""


class EmailTakenError(ConflictError):
    """There is a user with this email already."""

    def __init__(self) -> None:
        super().__init__("there is a user with this email already")


class KeptElsewhereError(ConflictError):
    """It is done where users are kept, not here."""


class WeakPasswordError(InvalidInputError):
    """A password that is too short, too long, or known."""

    def __init__(self, message: str, *, reasons: tuple[str, ...] = ("length",)) -> None:
        super().__init__(message, path="$.password")
        self.reasons = reasons
        """In GoTrue's words: `length`, `characters`, `pwned`."""
