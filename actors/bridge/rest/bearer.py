"""Whose token a request carries; tokens that open nothing are counted, for each site they come from."""

import time
from collections.abc import Callable

from multidict import CIMultiDictProxy
from prometheus_client import Counter

from actors.bridge.rest.limits import TokenBuckets
from actors.ports.identity import Identity, Principal
from config.errors import RateLimitedError, UnauthorizedError

_SCHEME = "bearer "
_refused = Counter("whisperer_tokens_refused", "Tokens and API keys that opened nothing, by error code", ["code"])


class Bearers:
    """Asks the identity; who has sent too many bad tokens must wait before an unknown one is looked at again."""

    def __init__(self, identity: Identity, per_min: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Start without failures.

        Args:
            identity: Knows the tokens.
            per_min: Bad tokens a minute and site.
            monotonic: Seconds that only grow.
        """
        self._identity = identity
        self._failures = TokenBuckets(per_min, monotonic)

    async def whose(self, token: str, site: str) -> Principal:
        """Return whose token or API key this is, and note that they are active.

        Args:
            token: Any text.
            site: Where it comes from, as of `Peer.site`.

        Raises:
            UnauthorizedError: If it opens nothing, or nothing any more.
            RateLimitedError: If too many from there opened nothing.
            JwksUnavailableError: If the issuer's keys cannot be had.
        """
        try:
            principal = self._identity.known(token) or await self._verified(token, site)
        except UnauthorizedError as e:
            self._failures.take(site)
            _refused.labels(e.code).inc()
            raise
        self._identity.note(principal)
        return principal

    async def _verified(self, token: str, site: str) -> Principal:
        wait_s = self._failures.wait_s(site)
        if wait_s:
            raise RateLimitedError("too many tokens from here opened nothing", retry_after_s=wait_s)
        if not token.isascii():
            raise UnauthorizedError("that token opens nothing")
        return await self._identity.verify(token)


def token_of(headers: CIMultiDictProxy[str]) -> str | None:
    """Return the token of `Authorization: Bearer`; None when there is none. No other header and no query counts.

    Raises:
        UnauthorizedError: If there are several.
    """
    given = headers.getall("Authorization", ())
    if len(given) > 1:
        raise UnauthorizedError("expected one Authorization header, found several")
    if not given or given[0][: len(_SCHEME)].lower() != _SCHEME:
        return None
    return given[0][len(_SCHEME) :].strip()
