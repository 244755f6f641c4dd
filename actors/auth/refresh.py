"""Refresh tokens: a session's id and a counter, signed with the session's own key, so that one row is a whole session.

The form and the rules are those of GoTrue: a token is taken once; the one before it and anything in the first seconds
get the newest one again (an answer that was lost, several tabs at once); an older one was stolen, from either side.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import Literal
from uuid import UUID

from msgspec import Struct

from config.auth_errors import RefreshTokenError

AGAIN_MS = 10_000
"""So long after a refresh also an older token gets the newest one again."""
Ruling = Literal["rotate", "again", "reused", "unknown"]
"""`rotate`: count on, give the next token; `again`: give the newest; `reused`: end the session; `unknown`: refuse."""
_KEY_BYTES, _MAC_BYTES, _SUM_BYTES, _ID_BYTES = 32, 16, 4, 16
_VERSION = b"\0"
_MAX_COUNTER_BYTES = 9
_MIN_BYTES = len(_VERSION) + _ID_BYTES + 1 + _MAC_BYTES + _SUM_BYTES
_MAX_BYTES = _MIN_BYTES - 1 + _MAX_COUNTER_BYTES


class RefreshToken(Struct, frozen=True, kw_only=True):
    """A refresh token of the right form; not yet known to be ours (`is_made_with`)."""

    session_id: str
    counter: int
    signed: bytes
    mac: bytes

    def is_made_with(self, key: bytes) -> bool:
        """Return whether it was made with a session's key."""
        return hmac.compare_digest(_mac(key, self.signed), self.mac)

    def __repr__(self) -> str:
        return f"RefreshToken({self.session_id})"


def new_key() -> bytes:
    """Return a key for a new session, 32 bytes."""
    return secrets.token_bytes(_KEY_BYTES)


def make(session_id: str, counter: int, key: bytes) -> str:
    """Return the refresh token of a session (a UUID) at this count."""
    signed = _VERSION + UUID(session_id).bytes + _varint(counter)
    body = signed + _mac(key, signed)
    return base64.urlsafe_b64encode(body + _sum(body)).rstrip(b"=").decode()


def read(text: str) -> RefreshToken:
    """Return what a refresh token says.

    Raises:
        RefreshTokenError: If it is none; nothing needs to be looked up then.
    """
    data = _decoded(text)
    if (
        not _MIN_BYTES <= len(data) <= _MAX_BYTES
        or data[:1] != _VERSION
        or _sum(data[:-_SUM_BYTES]) != data[-_SUM_BYTES:]
    ):
        raise _not_found()
    signed, mac = data[: -_MAC_BYTES - _SUM_BYTES], data[-_MAC_BYTES - _SUM_BYTES : -_SUM_BYTES]
    session_id = str(UUID(bytes=signed[1 : 1 + _ID_BYTES]))
    return RefreshToken(session_id=session_id, counter=_count(signed[1 + _ID_BYTES :]), signed=signed, mac=mac)


def rule(token: RefreshToken, *, counter: int, refreshed_ms: int, now_ms: int) -> Ruling:
    """Return what to do with a token that was made with its session's key.

    Args:
        token: The one given.
        counter: Of the session's newest refresh token.
        refreshed_ms: When that was made.
        now_ms: Now.
    """
    behind = counter - token.counter
    if behind < 0:  # books that were brought back from a copy: it has ended, but nobody stole it
        return "unknown"
    if behind == 0:
        return "rotate"
    if behind == 1 or 0 <= now_ms - refreshed_ms <= AGAIN_MS:
        return "again"
    return "reused"


def _mac(key: bytes, signed: bytes) -> bytes:
    return hmac.digest(key, signed, "sha256")[:_MAC_BYTES]


def _sum(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()[:_SUM_BYTES]


def _decoded(text: str) -> bytes:
    if len(text) > 2 * _MAX_BYTES or not text.isascii():
        raise _not_found()
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _not_found() from None
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode() != text:  # one token, one text
        raise _not_found()
    return data


def _varint(number: int) -> bytes:
    out = bytearray()
    while number >= 0x80:  # noqa: PLR2004  # seven bits a byte
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _count(data: bytes) -> int:
    number = 0
    for place, byte in enumerate(data):
        number |= (byte & 0x7F) << (7 * place)
    if _varint(number) != data:
        raise _not_found()
    return number


def _not_found() -> RefreshTokenError:
    return RefreshTokenError("no such refresh token")
