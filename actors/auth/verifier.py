"""One verifier for every issuer: a token's text in, what it says out, or why it opens nothing."""

import re
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable

from jwt import PyJWK, PyJWS
from jwt.exceptions import PyJWTError

from actors.auth.claims import Claims, check_living, read_claims, read_object
from actors.auth.jwks import KIND_OF, KeySource
from config.errors import ConfigError, UnauthorizedError

AUDIENCE = "authenticated"
MAX_TOKEN_BYTES = 8_192
FEW = 128
"""Verified tokens that may be remembered before one looks which of them have ended."""
MIN_SECRET_BYTES = 32
_SHAPE = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
_OF_OTHERS = frozenset({"jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256", "crit", "b64", "zip", "enc"})
"""Header fields that bring a key along or change how a token is read."""


class Verifier:
    """Verifies tokens and remembers which were right until they end; nothing else decides about tokens.

    A token must be a compact JWS of at most 8 KiB, signed by one of the issuer's public keys (ES256, RS256, EdDSA, as
    the key says) or, when there is a secret, with it (HS256). Whether its session still lives is not known here.
    """

    def __init__(
        self,
        issuer: str,
        audience: str = AUDIENCE,
        keys: KeySource | None = None,
        secret: str | None = None,
        now_s: Callable[[], float] = time.time,
        *,
        admit: Callable[[str, Claims], Awaitable[None]] | None = None,
        max_known: int = 2_048,
    ) -> None:
        """Take the only issuer that is believed.

        Args:
            issuer: Claim `iss`.
            audience: Claim `aud`.
            keys: Its public keys.
            secret: What it signs with by HS256, at least 32 bytes.
            now_s: Wall time, UNIX seconds.
            admit: Asked about a token that is right, before it counts; raises why it does not.
            max_known: How many verified tokens are remembered.

        Raises:
            ConfigError: If the secret is too short, or is a public key.
        """
        if secret is not None and len(secret.encode()) < MIN_SECRET_BYTES:
            raise ConfigError(f"the secret that tokens are signed with must have at least {MIN_SECRET_BYTES} bytes")
        if secret is not None and "-----BEGIN" in secret:
            raise ConfigError("the secret that tokens are signed with must be no key that others know")
        self._issuer = issuer
        self._audience = audience
        self._keys = keys
        self._secret = secret
        self._now_s = now_s
        self._admit = admit
        self._max_known = max_known
        self._signatures = PyJWS(algorithms=[*KIND_OF, "HS256"])
        self._known: dict[str, Claims] = {}
        self._crowded = min(max_known, FEW)

    def known(self, token: str) -> Claims | None:
        """Return what a token says that was verified before; None when `verify` must look.

        Raises:
            TokenExpiredError: If it has ended since.
        """
        claims = self._known.get(token)
        if claims is None:
            return None
        if not self._is_served(claims.kid):
            del self._known[token]
            return None
        check_living(claims.exp, self._now_s())
        return claims

    async def verify(self, token: str) -> Claims:
        """Return what a token says.

        Raises:
            UnauthorizedError: If it opens nothing.
            TokenExpiredError: If it has ended.
            JwksUnavailableError: If the issuer's keys were never seen and cannot be had.
        """
        known = self.known(token)
        if known is not None:
            return known
        algorithm, kid = _read_header(token)
        key = await self._key(algorithm, kid)
        try:
            payload = self._signatures.decode(token, key, algorithms=[algorithm])
        except PyJWTError as e:
            raise UnauthorizedError("the token's signature is wrong") from e
        claims = read_claims(
            payload,
            issuer=self._issuer,
            audience=self._audience,
            now_s=self._now_s(),
            kid=kid if isinstance(key, PyJWK) else None,
        )
        if self._admit is not None:
            await self._admit(token, claims)
        self._remember(token, claims)
        return claims

    def _is_served(self, kid: str | None) -> bool:
        return kid is None or (self._keys is not None and self._keys.serves(kid))

    async def _key(self, algorithm: str, kid: str | None) -> PyJWK | str:
        if algorithm == "HS256" and self._secret is not None:
            return self._secret
        if algorithm not in KIND_OF or self._keys is None or kid is None:
            raise UnauthorizedError("the token is not signed as it must be")
        key = await self._keys.key(kid)
        if key.algorithm_name != algorithm:
            raise UnauthorizedError("the token is not signed as its key says")
        return key

    def _remember(self, token: str, claims: Claims) -> None:
        if len(self._known) >= self._crowded:  # those that have ended go when there are twice as many as were left
            now_s = self._now_s()
            self._known = {text: kept for text, kept in self._known.items() if kept.exp > now_s}
            self._crowded = min(self._max_known, max(FEW, 2 * len(self._known)))
        if len(self._known) >= self._max_known:
            del self._known[next(iter(self._known))]
        self._known[token] = claims


def _read_header(token: str) -> tuple[str, str | None]:
    """Return algorithm and key id, of a header that has nothing which could mislead."""
    if len(token) > MAX_TOKEN_BYTES:
        raise UnauthorizedError(f"a token has at most {MAX_TOKEN_BYTES} bytes")
    shape = _SHAPE.fullmatch(token)
    if shape is None:
        raise UnauthorizedError("the token is none")
    written, *_ = [_bytes(segment) for segment in shape.groups()]
    header = read_object(written, "header")
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or not isinstance(kid, str | None) or header.get("typ", "JWT") != "JWT":
        raise UnauthorizedError("the header of the token cannot be used")
    if not _OF_OTHERS.isdisjoint(header):
        raise UnauthorizedError("the token brings along what only its issuer can say")
    return algorithm, kid


def _bytes(segment: str) -> bytes:
    """Return what one segment stands for, written in the only way it can be."""
    try:
        read = urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except ValueError as e:
        raise UnauthorizedError("the token is none") from e
    if urlsafe_b64encode(read).rstrip(b"=") != segment.encode():
        raise UnauthorizedError("the token is written in an odd way")
    return read
