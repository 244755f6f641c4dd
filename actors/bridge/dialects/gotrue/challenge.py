"""Challenges of a second factor: ids that say by themselves whom they are for and until when; nothing is kept."""

import hmac
import secrets
import struct
import time
from collections.abc import Callable
from uuid import UUID

LIFETIME_S = 300


class Challenges:
    """Makes and reads ids, which are UUIDs: an end in seconds, and a keyed digest of it and of whom it is for."""

    def __init__(self, key: bytes, now_s: Callable[[], float] = time.time) -> None:
        """Take a key; ids of another one are none."""
        self._key = key
        self._now_s = now_s

    def make(self, user_id: str, factor_id: str) -> tuple[str, int]:
        """Return an id and its end, UNIX seconds."""
        until = int(self._now_s()) + LIFETIME_S
        return self._id(user_id, factor_id, until), until

    def is_good(self, challenge_id: str, user_id: str, factor_id: str) -> bool:
        """Return whether an id was made for this user and factor, and has not ended."""
        try:
            (until,) = struct.unpack(">I", UUID(challenge_id).bytes[:4])
        except ValueError:
            return False
        made = self._id(user_id, factor_id, until)
        return hmac.compare_digest(made, challenge_id.lower()) and self._now_s() < until

    def _id(self, user_id: str, factor_id: str, until: int) -> str:
        end = struct.pack(">I", until)
        text = b"|".join((end, user_id.encode(), factor_id.encode()))
        return str(UUID(bytes=end + hmac.digest(self._key, text, "sha256")[:12], version=4))


CHALLENGES = Challenges(secrets.token_bytes(32))
"""Of this process."""
