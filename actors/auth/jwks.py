"""Public keys that tokens are verified with: our own, or those of an issuer elsewhere, fetched and kept."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

import structlog
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK
from jwt.exceptions import PyJWTError
from msgspec import Struct
from prometheus_client import Counter, Gauge

from actors.flights import Flights
from config.auth_errors import JwksUnavailableError
from config.errors import NodeError, UnauthorizedError

KIND_OF = {"ES256": "EC", "RS256": "RSA", "EdDSA": "OKP"}
"""Algorithm of a public key that is taken -> kind of key (`kty`)."""
MAX_STALE_S = 86_400.0
"""How long keys serve while their issuer cannot be reached."""
COOL_DOWN_S = 30.0
"""How long nobody's unknown key makes us ask the issuer again."""
RETRY_S = 3.0
"""How long we wait after a failure."""
_MAX_KEYS = 32
_MIN_RSA_BITS = 2_048

log = structlog.get_logger(__name__)
_fetched = Counter("whisperer_auth_key_fetches", "Times the issuer's public keys were asked for", ["outcome"])
_fetched_at = Gauge("whisperer_auth_keys_fetched_seconds", "UNIX time at which the issuer's public keys were fetched")


class KeptKeys(Struct, frozen=True, kw_only=True):
    """A key set that was fetched earlier."""

    text: bytes
    age_s: float


class KeySource(Protocol):
    """Where the verifier finds public keys."""

    async def key(self, kid: str) -> PyJWK:
        """Return a key by its id.

        Raises:
            UnauthorizedError: If the issuer has none such.
            JwksUnavailableError: If nobody knows, because the issuer was never reached.
        """

    def serves(self, kid: str) -> bool:
        """Return whether this key still counts: a token that was verified with it lives no longer than it."""


class OwnKeys:
    """Implements `KeySource` on the key set of our own issuer."""

    def __init__(self, jwks: Callable[[], bytes]) -> None:
        """Read keys from `jwks` whenever it has changed."""
        self._jwks = jwks
        self._text = b""
        self._keys: Mapping[str, PyJWK] = {}

    async def key(self, kid: str) -> PyJWK:
        """Return a key by its id."""
        if not self.serves(kid):
            raise UnauthorizedError("the token is signed with an unknown key")
        return self._keys[kid]

    def serves(self, kid: str) -> bool:
        """Return whether it is published at the moment."""
        text = self._jwks()
        if text != self._text:
            self._text, self._keys = text, read_keys(text)
        return kid in self._keys


class Jwks:
    """Implements `KeySource` on an issuer elsewhere.

    However many ask, one request is under way; keys that are no longer fresh serve on while new ones are fetched
    behind them, for a day at most; and an unknown key leads to a request only now and then.
    """

    def __init__(
        self,
        fetch: Callable[[], Awaitable[bytes]],
        *,
        fresh_s: float = 600.0,
        kept: KeptKeys | None = None,
        keep: Callable[[bytes], None] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        """Begin with the keys that were kept, or without.

        Args:
            fetch: Asks the issuer for its key set; ends within its own timeout and raises a `NodeError`.
            fresh_s: How long keys serve before they are asked for again.
            kept: Those of an earlier process.
            keep: Called with each key set that was fetched.
            monotonic: Clock of all ages.
            now_s: Wall time, for the metric alone.
        """
        self._fetch = fetch
        self._fresh_s = fresh_s
        self._monotonic = monotonic
        self._now_s = now_s
        self._keys: Mapping[str, PyJWK] = {}
        self._fetched = float("-inf")
        self._not_before = float("-inf")
        self._flights = Flights[None]()
        self._keep = keep
        if kept is not None:
            self._keys, self._fetched = read_keys(kept.text), monotonic() - kept.age_s

    @property
    def is_known(self) -> bool:
        """Whether there are keys that are young enough to be believed."""
        return self._age() < MAX_STALE_S

    def begin(self) -> None:
        """Ask in the background, so that keys are there before somebody needs them."""
        self._ask()

    def heard(self) -> None:
        """Note that the issuer has answered something: an earlier failure to fetch keys holds nobody back."""
        if not self.is_known:
            self._not_before = float("-inf")

    def serves(self, kid: str) -> bool:
        """Return whether a key counts; asks the issuer in the background when what we have is no longer fresh."""
        if not self.is_known:
            return False
        if self._age() >= self._fresh_s and self._may_ask():
            self._ask()
        return kid in self._keys

    async def key(self, kid: str) -> PyJWK:
        """Return a key; waits for the issuer when it is not known."""
        if not self.serves(kid):
            await self._asked()
        if not self.is_known:
            raise JwksUnavailableError("the issuer of tokens cannot be reached", retry_after_s=RETRY_S)
        if kid not in self._keys:
            raise UnauthorizedError("the token is signed with an unknown key")
        return self._keys[kid]

    def stop(self) -> None:
        """Cancel a request under way."""
        self._flights.stop()

    async def _asked(self) -> None:
        if self._is_asking() or self._may_ask():
            await asyncio.wait({self._ask()})

    def _age(self) -> float:
        return self._monotonic() - self._fetched

    def _may_ask(self) -> bool:
        return self._monotonic() >= self._not_before

    def _is_asking(self) -> bool:
        return "keys" in self._flights

    def _ask(self) -> asyncio.Task[None]:
        return self._flights.join("keys", self._load)

    async def _load(self) -> None:
        self._not_before = self._monotonic() + RETRY_S
        try:
            text = await self._fetch()
            keys = read_keys(text)
        except NodeError as e:
            self._not_before = self._monotonic() + RETRY_S
            _fetched.labels("failed").inc()
            log.warning("issuer_keys_unavailable", reason=str(e), keys=len(self._keys))
            return
        self._keys, self._fetched = keys, self._monotonic()
        self._not_before = self._fetched + COOL_DOWN_S
        _fetched.labels("ok").inc()
        _fetched_at.set(self._now_s())
        if self._keep is not None:
            self._keep(text)


def read_keys(text: bytes) -> Mapping[str, PyJWK]:
    """Read a JSON Web Key Set; keys that nothing could be verified with are left out.

    Raises:
        JwksUnavailableError: If it is none.
    """
    try:
        read = json.loads(text)
        listed = read["keys"] if isinstance(read, dict) else None
    except (ValueError, KeyError, RecursionError) as e:
        raise JwksUnavailableError("what the issuer sent is no key set") from e
    if not isinstance(listed, list) or len(listed) > _MAX_KEYS:
        raise JwksUnavailableError(f"what the issuer sent is no key set of at most {_MAX_KEYS} keys")
    keys: dict[str, PyJWK] = {}
    for entry in listed:
        key = _key(entry)
        if key is not None and key.key_id is not None:
            keys.setdefault(key.key_id, key)
    return keys


def _key(entry: object) -> PyJWK | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str) or not _is_for_verifying(entry):
        return None
    algorithm = entry.get("alg") or next((alg for alg, kty in KIND_OF.items() if kty == entry.get("kty")), None)
    if KIND_OF.get(str(algorithm)) != entry.get("kty"):
        return None
    try:
        key = PyJWK(entry, algorithm)
    except (PyJWTError, ValueError, TypeError):
        return None
    return key if _is_strong(key.key) else None


def _is_for_verifying(entry: Mapping[str, object]) -> bool:
    operations = entry.get("key_ops", ["verify"])
    return entry.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations


def _is_strong(key: object) -> bool:
    """Return whether this is a public key, and none that is too weak; a private one has no business in a key set."""
    if isinstance(key, RSAPublicKey):
        return key.key_size >= _MIN_RSA_BITS
    if isinstance(key, EllipticCurvePublicKey):
        return isinstance(key.curve, SECP256R1)
    return isinstance(key, Ed25519PublicKey)
