"""The few requests that a node makes to the authentication service of a Supabase project."""

from collections.abc import Callable, Mapping

import aiohttp
import msgspec
import structlog
from msgspec import Struct
from prometheus_client import Counter

from actors.auth.issuer import PATH
from actors.auth.project import Grant, Standing
from adapters.supabase.refusals import (
    RETRY_AFTER_S,
    Refusal,
    read_refusal,
    refresh_error,
    sign_in_error,
    sign_up_error,
    standing_error,
)
from config.auth_errors import JwksUnavailableError
from config.errors import NodeError

MAX_ANSWER_BYTES = 262_144
MAX_UNDER_WAY = 32
"""Requests for people that may wait for the project at once; keys are fetched beside them."""
_VERSION = "2024-01-01"

log = structlog.get_logger(__name__)
_asked = Counter("whisperer_supabase_requests", "Requests to the Supabase project", ["request", "outcome"])


class _Session(Struct):
    access_token: str
    refresh_token: str


class _MaybeSession(Struct):
    access_token: str | None = None
    refresh_token: str | None = None


class _Factor(Struct):
    id: str
    status: str


class _User(Struct):
    id: str
    factors: list[_Factor] | None = None


class SupabaseProject:
    """Implements `actors.auth.project.Project`; its connections live until `close`."""

    def __init__(self, url: str, publishable_key: str, *, timeout_s: float) -> None:
        """Know where it is; nothing is asked yet.

        Args:
            url: Of the project.
            publishable_key: What identifies it; no secret.
            timeout_s: For one request, waiting included.
        """
        self.issuer = url.rstrip("/") + PATH
        """The claim `iss` of its tokens."""
        self._headers = {"apikey": publishable_key, "X-Supabase-Api-Version": _VERSION, "User-Agent": "whisperer"}
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._http: aiohttp.ClientSession | None = None
        self._under_way = 0

    async def jwks(self) -> bytes:
        """Return its public keys."""
        return await self._ask("jwks", "GET", "/.well-known/jwks.json", _unexpected)

    async def sign_in(self, email: str, password: str) -> Grant:
        """Return tokens for email and password."""
        return await self._grant("password", {"email": email, "password": password}, sign_in_error)

    async def refresh(self, refresh_token: str) -> Grant:
        """Return new tokens."""
        return await self._grant("refresh_token", {"refresh_token": refresh_token}, refresh_error)

    async def sign_up(self, email: str, password: str, profile: dict[str, object]) -> Grant | None:
        """Make a user; None when the email must be confirmed first."""
        sent = {"email": email, "password": password, "data": profile}
        body = await self._for_somebody("sign_up", "POST", "/signup", sign_up_error, json=sent)
        read = _read(body, _MaybeSession)
        if read.access_token is None or read.refresh_token is None:
            return None
        return Grant(access_token=read.access_token, refresh_token=read.refresh_token)

    async def standing(self, access_token: str) -> Standing:
        """Return what it knows of the bearer."""
        headers = {"Authorization": f"Bearer {access_token}"}
        user = _read(await self._for_somebody("user", "GET", "/user", standing_error, headers=headers), _User)
        verified = (factor.id for factor in user.factors or () if factor.status == "verified")
        return Standing(factor_id=next(verified, None))

    async def close(self) -> None:
        """Let go of its connections."""
        if self._http is not None:
            await self._http.close()
            self._http = None

    async def _grant(self, kind: str, sent: Mapping[str, str], refuse: Callable[[Refusal], NodeError]) -> Grant:
        path = f"/token?grant_type={kind}"
        read = _read(await self._for_somebody(kind, "POST", path, refuse, json=sent), _Session)
        return Grant(access_token=read.access_token, refresh_token=read.refresh_token)

    async def _for_somebody(
        self,
        name: str,
        method: str,
        path: str,
        refuse: Callable[[Refusal], NodeError],
        *,
        json: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """Ask for a person; of as many as may be, nobody waits behind others who wait."""
        if self._under_way >= MAX_UNDER_WAY:
            _asked.labels(name, "busy").inc()
            raise JwksUnavailableError("too many wait for Supabase already", retry_after_s=1.0)
        self._under_way += 1
        try:
            return await self._ask(name, method, path, refuse, json=json, headers=headers)
        finally:
            self._under_way -= 1

    async def _ask(
        self,
        name: str,
        method: str,
        path: str,
        refuse: Callable[[Refusal], NodeError],
        *,
        json: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        try:
            status, answered, body = await self._exchange(method, path, json, headers)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as e:
            _asked.labels(name, "failed").inc()
            log.warning("supabase_unreachable", request=name, project=self.issuer, reason=type(e).__name__)
            raise JwksUnavailableError("Supabase cannot be reached", retry_after_s=RETRY_AFTER_S) from None
        if status in range(200, 300):
            _asked.labels(name, "ok").inc()
            return body
        refusal = read_refusal(status, answered, body)
        _asked.labels(name, "refused").inc()
        log.info("supabase_refused", request=name, status=status, code=refusal.code)
        raise refuse(refusal)

    async def _exchange(
        self, method: str, path: str, json: Mapping[str, object] | None, headers: Mapping[str, str] | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Return status, headers and body of an answer that ends in time and is not too long."""
        request = self._session().request(method, self.issuer + path, json=json, headers=headers, allow_redirects=False)
        async with request as answer:
            body = bytearray()
            async for piece in answer.content.iter_any():
                body += piece
                if len(body) > MAX_ANSWER_BYTES:
                    raise ValueError("the answer is too long")
            return answer.status, answer.headers, bytes(body)

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            self._http = aiohttp.ClientSession(
                headers=self._headers,
                timeout=self._timeout,
                connector=aiohttp.TCPConnector(limit=0),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._http


def _unexpected(refusal: Refusal) -> NodeError:
    return JwksUnavailableError(f"Supabase answered with status {refusal.status}", retry_after_s=RETRY_AFTER_S)


def _read[T](body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, RecursionError):
        raise JwksUnavailableError("Supabase answered in a way that cannot be read") from None
