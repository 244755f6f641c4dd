"""Who a client is: a token, an API key, or somebody's email and password; and how tokens are renewed in time."""

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable
from typing import Protocol, override

import aiohttp
import msgspec
from msgspec import Struct

from whisperer_client.errors import ApiError, NotConnectedError, ProtocolError

STALE = frozenset({"token_expired", "session_revoked", "unauthorized"})
"""Codes that a token is refused with, unlike a password or a right that is missing."""
EARLY_S = 60.0
"""A token is renewed so long before its end, but not before a third of its life is left."""


class Credentials(Protocol):
    """Where requests and the connection get their token from."""

    async def current(self) -> str | None:
        """Return the token to use now, renewed first where its end is near; None: nobody signs in.

        Raises:
            ApiError: If the node refuses to give one.
            NotConnectedError: If nobody answers.
        """

    async def instead(self, refused: str, /) -> str | None:
        """Return another token in place of one that the node has refused; None: there is none."""

    def due_s(self) -> float | None:
        """Return after how many seconds to ask for the current one again; None: it is never renewed."""


class Fixed:
    """One token that is never renewed: an API key, or an access token for its lifetime; None: none at all."""

    def __init__(self, token: str | None) -> None:
        """Take it as it is."""
        self._token = token

    async def current(self) -> str | None:
        """Return it."""
        return self._token

    async def instead(self, _refused: str, /) -> str | None:
        """Return None: there is no other."""
        return None

    def due_s(self) -> float | None:
        """Return None."""
        return None

    @override
    def __repr__(self) -> str:
        return "Fixed(…)"


class _Grant(Struct, frozen=True):
    """What an issuer gives."""

    access_token: str
    refresh_token: str
    expires_in: float = 900.0


class _Claims(Struct, frozen=True):
    exp: float
    iat: float


class Password:
    """Signs a person in, renews the tokens, and signs in again when the session has ended."""

    def __init__(
        self,
        ask: Callable[[str, dict[str, str]], Awaitable[bytes]],
        email: str,
        password: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare; nothing is sent before a token is needed.

        Args:
            ask: Posts to the issuer: kind of grant, body -> what it gives.
            email: Of the user.
            password: Of the user.
            clock: Seconds that only grow.
        """
        self._ask = ask
        self._who = {"email": email, "password": password}
        self._clock = clock
        self._grant: _Grant | None = None
        self._until = 0.0
        self._lifetime_s = 0.0
        self._turn = asyncio.Lock()

    @override
    def __repr__(self) -> str:
        return "Password(…)"

    async def current(self) -> str:
        """Return a token that is good for a while."""
        if self._grant is None or self._left_s() <= 0:
            async with self._turn:
                if self._grant is None or self._left_s() <= 0:
                    await self._renew()
        return self._token()

    async def instead(self, refused: str, /) -> str | None:
        """Return another token; None when the node gives the same again."""
        async with self._turn:
            if self._grant is None or self._grant.access_token == refused:
                await self._renew()
        return None if self._token() == refused else self._token()

    def due_s(self) -> float:
        """Return the seconds until the renewal."""
        return max(0.0, self._left_s())

    def _token(self) -> str:
        if self._grant is None:
            raise ProtocolError("the node gave no token")
        return self._grant.access_token

    def _left_s(self) -> float:
        return self._until - min(EARLY_S, self._lifetime_s / 3) - self._clock()

    async def _renew(self) -> None:
        if self._grant is not None:
            try:
                self._take(await self._ask("refresh_token", {"refresh_token": self._grant.refresh_token}))
            except ApiError as e:
                if e.is_retryable:
                    raise
                self._grant = None  # the session has ended
            else:
                return
        self._take(await self._ask("password", self._who))

    def _take(self, said: bytes) -> None:
        try:
            self._grant = grant = msgspec.json.decode(said, type=_Grant)
        except msgspec.MsgspecError as e:
            raise ProtocolError(f"this is no token: {e}") from e
        self._lifetime_s = _lifetime_s(grant)
        self._until = self._clock() + self._lifetime_s


def checked(
    token: str | None, api_key: str | None, email: str | None, password: str | None
) -> str | tuple[str, str] | None:
    """Return the token, or email and password; None: nobody signs in.

    Raises:
        ValueError: If more or less than one way to sign in was given.
    """
    if (email is None) != (password is None):
        raise ValueError("email and password belong together")
    if sum(one is not None for one in (token, api_key, email)) > 1:
        raise ValueError("sign in with one of token, api_key, email and password")
    return (email, password) if email is not None and password is not None else token or api_key


def asker(
    session: aiohttp.ClientSession, url: str, timeout_s: float
) -> Callable[[str, dict[str, str]], Awaitable[bytes]]:
    """Return what posts to the issuer of the node at `url`."""

    async def ask(kind: str, body: dict[str, str]) -> bytes:
        try:
            async with session.post(
                f"{url}/auth/v1/token",
                params={"grant_type": kind},
                json=body,
                timeout=aiohttp.ClientTimeout(total=timeout_s),
            ) as answer:
                said = await answer.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as e:
            raise NotConnectedError(f"no answer from {url} ({str(e) or type(e).__name__})") from e
        if answer.status != 200:  # noqa: PLR2004
            raise _refusal(answer.status, answer.headers.get("Retry-After"), said)
        return said

    return ask


def _refusal(status: int, retry_after: str | None, said: bytes) -> ApiError:
    try:
        problem = msgspec.json.decode(said, type=dict[str, object])
    except msgspec.MsgspecError:  # a proxy's page
        problem = {}
    told = {"code": problem.get("code", "internal"), "detail": problem.get("message") or problem.get("detail")}
    return ApiError(status, told, retry_after_s=float(retry_after) if retry_after and retry_after.isdigit() else None)


def _lifetime_s(grant: _Grant) -> float:
    """Return how long a token lives, of its own claims: the clocks of two computers differ."""
    try:
        payload = grant.access_token.split(".")[1]
        claims = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=_Claims)
    except (IndexError, ValueError):
        return grant.expires_in
    return claims.exp - claims.iat
