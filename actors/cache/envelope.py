"""How a value lies in a store that others can write to: sealed, so that what is not exactly ours is no value."""

from hashlib import blake2b

_MARK = b"WC1"
"""Format of the envelope."""
_DIGEST = 16
OVERHEAD = len(_MARK) + _DIGEST
"""Bytes of an envelope beside the value."""


def seal(key: str, value: bytes) -> bytes:
    """Return `value` with a digest that binds it to its key."""
    return b"%b%b%b" % (_MARK, _digest(key, value), value)


def unseal(key: str, sealed: bytes) -> bytes | None:
    """Return the value, or None when it is damaged, cut off, of another format or of another key."""
    if not sealed.startswith(_MARK):
        return None
    value = sealed[OVERHEAD:]
    return value if sealed[len(_MARK) : OVERHEAD] == _digest(key, value) else None


def _digest(key: str, value: bytes) -> bytes:
    name = key.encode()
    return blake2b(b"%d:%b%b" % (len(name), name, value), digest_size=_DIGEST).digest()
