"""Asks an issuer elsewhere whether the bearer of a token still stands; without its answer the token alone counts."""

import time
from collections.abc import Callable

import structlog
from prometheus_client import Counter

from actors.auth.project import Project, Standing
from config.auth_errors import JwksUnavailableError
from config.errors import RateLimitedError

PAUSE_S = 30.0
"""So long nobody who is known waits for an issuer that did not answer."""

log = structlog.get_logger(__name__)
_unconfirmed = Counter("whisperer_auth_unconfirmed_tokens", "Tokens that counted without the issuer's own word")


class Standings:
    """What the issuer says of those who bring a new token."""

    def __init__(self, project: Project, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Ask `project`, unless it failed a moment ago."""
        self._project = project
        self._monotonic = monotonic
        self._paused_until = float("-inf")

    async def of(self, token: str, *, must_know: bool) -> Standing | None:
        """Return how the bearer stands; None when the issuer cannot tell.

        Args:
            token: Verified.
            must_know: Ask even though it failed a moment ago.

        Raises:
            SessionRevokedError: If session or user are no more.
            UnauthorizedError: If it does not take the token.
        """
        if self._monotonic() < self._paused_until and not must_know:
            _unconfirmed.inc()
            return None
        try:
            standing = await self._project.standing(token)
        except (JwksUnavailableError, RateLimitedError) as e:
            self._paused_until = self._monotonic() + PAUSE_S
            _unconfirmed.inc()
            log.warning("standing_unknown", reason=e.code)
            return None
        self._paused_until = float("-inf")
        return standing
