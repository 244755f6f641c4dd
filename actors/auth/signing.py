"""The keys that our tokens are signed with (ES256): one signs, those before it are published while a token may live."""

import base64
import uuid
from collections.abc import Callable, Iterable, Sequence

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Struct
from msgspec.structs import replace

from actors.auth.vault import NODE, Vault, VaultLockedError
from actors.ports.person_rows import DataKeyRow, SigningKeyRow

PUBLISHED_MS = (24 * 3_600 + 60) * 1_000
"""A retired key is published for so long: the longest life of a token, and what clocks may differ."""
ALGORITHM = "ES256"
_COORDINATE_BYTES = 32


class SigningKey(Struct, frozen=True, kw_only=True):
    """A key that signs."""

    kid: str
    private: ec.EllipticCurvePrivateKey
    created_ms: int

    def __repr__(self) -> str:
        return f"SigningKey({self.kid})"


class SigningKeys:
    """The issuer's keys. Public halves are computed from the sealed ones: a row that was written by hand is no key."""

    def __init__(self, vault: Vault, rows: Iterable[SigningKeyRow], now_ms: Callable[[], int]) -> None:
        """Open the keys that were kept; without one that signs, a new one is made (`unwritten`).

        Args:
            vault: Seals the private halves.
            rows: As kept.
            now_ms: Returns UNIX milliseconds.

        Raises:
            VaultLockedError: If a key does not open.
        """
        self._vault = vault
        self._now_ms = now_ms
        self._rows = sorted((row for row in rows if row.private), key=lambda row: row.created_ms)
        self._privates = {row.kid: self._opened(row) for row in self._rows}
        living = [row for row in self._rows if row.retired_ms is None]
        self.unwritten: tuple[SigningKeyRow | DataKeyRow, ...] = ()
        """What the caller must write at the start, before the first token is given out."""
        self.unwritten = () if living else self.rotate()

    @property
    def current(self) -> SigningKey:
        """The key that signs."""
        row = self._rows[-1]
        return SigningKey(kid=row.kid, private=self._privates[row.kid], created_ms=row.created_ms)

    def rotate(self) -> tuple[SigningKeyRow | DataKeyRow, ...]:
        """Sign with a new key from now on; return the rows to write."""
        now_ms = self._now_ms()
        retired = [row if row.retired_ms is not None else replace(row, retired_ms=now_ms) for row in self._rows]
        made, data_keys = self._make(now_ms)
        self._rows = [*(row for row in retired if _is_published(row, now_ms)), made]
        self._privates = {row.kid: self._privates[row.kid] for row in self._rows}
        ended = [replace(row, private="") for row in retired if not _is_published(row, now_ms)]
        return (*data_keys, *(row for row in retired if row in self._rows), *ended, made)

    def jwks(self) -> bytes:
        """Return the public keys as a JSON Web Key Set, the one that signs first."""
        return msgspec.json.encode({"keys": self.published()})

    def published(self) -> Sequence[dict[str, object]]:
        """Return the public keys as JSON Web Keys, the one that signs first."""
        now_ms = self._now_ms()
        rows = [row for row in reversed(self._rows) if _is_published(row, now_ms)]
        return [_public(row.kid, self._privates[row.kid]) for row in rows]

    def _make(self, now_ms: int) -> tuple[SigningKeyRow, tuple[DataKeyRow, ...]]:
        kid, private = str(uuid.uuid4()), ec.generate_private_key(ec.SECP256R1())
        plain = private.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        sealed, data_keys = self._vault.seal(NODE, _kind(kid), plain)
        public = msgspec.json.encode(_public(kid, private)).decode()
        self._privates[kid] = private
        return SigningKeyRow(kid=kid, private=sealed, public=public, created_ms=now_ms), data_keys

    def _opened(self, row: SigningKeyRow) -> ec.EllipticCurvePrivateKey:
        plain = self._vault.open(NODE, _kind(row.kid), row.private)
        private = serialization.load_der_private_key(plain, password=None)
        if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP256R1):
            raise VaultLockedError(f"signing key {row.kid}: expected a key for {ALGORITHM}")
        return private


def _kind(kid: str) -> str:
    return f"signing:{kid}"


def _is_published(row: SigningKeyRow, now_ms: int) -> bool:
    return row.retired_ms is None or now_ms < row.retired_ms + PUBLISHED_MS


def _public(kid: str, private: ec.EllipticCurvePrivateKey) -> dict[str, object]:
    """Return a key's public half as a JSON Web Key."""
    numbers = private.public_key().public_numbers()
    return {
        "kty": "EC",
        "crv": "P-256",
        "x": _coordinate(numbers.x),
        "y": _coordinate(numbers.y),
        "kid": kid,
        "alg": ALGORITHM,
        "use": "sig",
        "key_ops": ["verify"],
        "ext": True,
    }


def _coordinate(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(_COORDINATE_BYTES, "big")).rstrip(b"=").decode()
