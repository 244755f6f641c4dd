"""Whose token a request carries; tokens that open nothing are counted, for each site they come from."""

import time
from collections.abc import Callable

from aiohttp.hdrs import AUTHORIZATION
from multidict import CIMultiDictProxy
from prometheus_client import Counter

from actors.bridge.rest.limits import TokenBuckets
from actors.ports.identity import Identity, Principal
from config.errors import RateLimitedError, UnauthorizedError

_SCHEME = "Bearer"
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
        principal = self.known(token, site)
        if principal is not None:
            return principal
        try:
            principal = await self._verified(token, site)
        except UnauthorizedError as e:
            self._count(site, e)
            raise
        self._identity.note(principal)
        return principal

    def known(self, token: str, site: str) -> Principal | None:
        """Return whose token this is, if it was seen before, and note that they are active; this waits for nothing.

        Raises:
            UnauthorizedError: If it opens nothing any more.
        """
        try:
            principal = self._identity.known(token)
        except UnauthorizedError as e:
            self._count(site, e)
            raise
        if principal is not None:
            self._identity.note(principal)
        return principal

    def _count(self, site: str, error: UnauthorizedError) -> None:
        self._failures.take(site)
        _refused.labels(error.code).inc()

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
    given = headers.getall(AUTHORIZATION, ())
    if not given:
        return None
    if len(given) > 1:
        raise UnauthorizedError("expected one Authorization header, found several")
    scheme, _, token = given[0].partition(" ")
    return token.strip() if scheme == _SCHEME or scheme.lower() == _SCHEME.lower() else None
