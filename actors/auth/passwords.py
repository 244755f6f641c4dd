"""Passwords: hashed with argon2id in threads of their own, so that neither the loop nor the memory feels it."""

import asyncio
import base64
import os
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from prometheus_client import Counter

from actors.auth.common_passwords import is_common
from config.auth_errors import WeakPasswordError
from config.errors import NoCapacityError

MAX_BYTES = 1_024
MIN_DIFFERENT = 5
"""A password has at least so many different characters."""
MEMORY_KIB, PASSES, LANES = 19_456, 2, 1
"""argon2id as OWASP recommends it: 19 MiB, two passes."""
THREADS = 1
"""Of equal rank with the others: one that steps back holds the interpreter's lock while it may not run."""
MAX_WAITING = 256
"""Hashes that wait for a thread; whoever comes then is told to come again."""
_SALT_BYTES, _HASH_BYTES = 16, 32
_MADE_CHARACTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"
"""Without those that look like others."""
_MADE_LENGTH = 24
_MIN_LOCAL_PART = 4

_refused = Counter("whisperer_password_hashes_refused", "Sign-ins sent away because too many waited for a thread")


class Passwords:
    """Hashes, checks and makes passwords."""

    def __init__(self, min_length: int, *, threads: int = THREADS, memory_kib: int = MEMORY_KIB) -> None:
        self._min_length = min_length
        self._memory_kib = memory_kib
        self._hasher = PasswordHasher(
            time_cost=PASSES, memory_cost=memory_kib, parallelism=LANES, hash_len=_HASH_BYTES, salt_len=_SALT_BYTES,
            type=Type.ID,
        )  # fmt: skip
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="passwords")
        self._waiting = 0

    async def hash(self, text: str) -> str:
        """Return what is kept of a password.

        Raises:
            WeakPasswordError: If it is no text that can be written down.
            NoCapacityError: If too many wait.
        """
        data = _bytes(text)
        if data is None:
            raise WeakPasswordError("a password must be text", reasons=("characters",))
        return await self._in_thread(lambda: self._hasher.hash(data))

    async def verify(self, kept: str | None, text: str) -> bool:
        """Return whether a password is the one that was hashed; False, and as slow, when nothing was (None or "").

        Raises:
            NoCapacityError: If too many wait.
        """
        data = _bytes(text)
        compared, given = (kept, data) if kept and data is not None else (self._nobody(), b"")
        return await self._in_thread(lambda: self._is_right(compared, given))

    def needs_rehash(self, kept: str) -> bool:
        """Return whether a hash was made with weaker settings than today's."""
        try:
            return self._hasher.check_needs_rehash(kept)
        except InvalidHashError:
            return True

    def check(self, text: str, *, email: str, old: str | None = None) -> None:
        """Refuse a weak password.

        Args:
            text: The new one.
            email: Whose; the password may not hold it, nor the part before the @.
            old: The password it replaces, as typed, if that is known.

        Raises:
            WeakPasswordError: What to do about it; never shows the password.
        """
        data = _bytes(text)
        if data is None:
            raise WeakPasswordError(f"expected text of at most {MAX_BYTES} bytes", reasons=("length",))
        typed = data.decode()
        if len(typed) < self._min_length:
            raise WeakPasswordError(f"expected at least {self._min_length} characters, was {len(typed)}")
        if len(set(typed.casefold())) < MIN_DIFFERENT:
            raise WeakPasswordError("expected more different characters", reasons=("characters",))
        if _holds(typed, email):
            raise WeakPasswordError("expected a password without the email in it", reasons=("characters",))
        if is_common(typed):
            raise WeakPasswordError("expected another password: this one is among the commonest", reasons=("pwned",))
        if old is not None and _bytes(old) == data:
            raise WeakPasswordError("expected another password than before", reasons=("characters",))

    def made(self) -> str:
        """Return a new random password: 24 letters and digits that cannot be taken for others."""
        return "".join(secrets.choice(_MADE_CHARACTERS) for _ in range(_MADE_LENGTH))

    def close(self) -> None:
        """Let the threads end; what waits is dropped."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _is_right(self, kept: str, data: bytes) -> bool:
        try:
            return self._hasher.verify(kept, data)
        except InvalidHashError:  # a row that was changed by hand: nobody's password, and as slow as any
            return self._is_right(self._nobody(), data)
        except VerificationError:
            return False

    def _nobody(self) -> str:
        """Return a hash of the usual cost that no password has: its salt and its outcome are both random."""
        salt, outcome = (
            base64.b64encode(os.urandom(size)).rstrip(b"=").decode() for size in (_SALT_BYTES, _HASH_BYTES)
        )
        return f"$argon2id$v=19$m={self._memory_kib},t={PASSES},p={LANES}${salt}${outcome}"

    async def _in_thread[T](self, work: Callable[[], T]) -> T:
        if self._waiting >= MAX_WAITING:
            _refused.inc()
            raise NoCapacityError("too many sign-ins at once", retry_after_s=1.0)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


def _bytes(text: str) -> bytes | None:
    """Return a password's bytes, the same however a keyboard composes its letters; None when it cannot be one."""
    if len(text) > MAX_BYTES:
        return None
    try:
        data = unicodedata.normalize("NFKC", text).encode()
    except UnicodeEncodeError:
        return None
    return data if len(data) <= MAX_BYTES else None


def _holds(typed: str, email: str) -> bool:
    text, whole = typed.casefold(), email.casefold()
    local_part = whole.partition("@")[0]
    return bool(whole) and (whole in text or (len(local_part) >= _MIN_LOCAL_PART and local_part in text))
