"""API keys of programs: `wk_<id>_<secret>`; only a digest of one is kept."""

import hashlib
import hmac
import re
import secrets
import string

from msgspec import Struct

PREFIX = "wk_"
_ID_CHARACTERS = string.ascii_lowercase + string.digits
_ID_LENGTH, _SECRET_BYTES = 12, 32
_FORM = re.compile(r"wk_([a-z0-9]{12})_[A-Za-z0-9_-]{43}", re.ASCII)


class NewApiKey(Struct, frozen=True, kw_only=True):
    """An API key that was just made."""

    key_id: str
    text: str
    """The key itself, shown once."""
    digest: str
    """What is kept of it."""

    def __repr__(self) -> str:
        return f"NewApiKey({self.key_id})"


def make() -> NewApiKey:
    """Return a new API key with 256 random bits."""
    key_id = "".join(secrets.choice(_ID_CHARACTERS) for _ in range(_ID_LENGTH))
    text = f"{PREFIX}{key_id}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    return NewApiKey(key_id=key_id, text=text, digest=digest(text))


def parse(text: str) -> str | None:
    """Return the id of a key; None when this is none."""
    found = _FORM.fullmatch(text)
    return None if found is None else found[1]


def digest(text: str) -> str:
    """Return the SHA-256 of a key, hexadecimal; as good as a slow hash, since nobody can try 256 random bits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def matches(text: str, kept: str) -> bool:
    """Return whether a kept digest is of this key, in the same time wherever they differ."""
    return hmac.compare_digest(digest(text), kept)
