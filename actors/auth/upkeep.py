"""What has to be done about people from time to time: sessions and keys that are over end, uses are written down."""

from collections.abc import Callable
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from actors.auth.audited import Refusals, audited
from actors.auth.directory import Directory
from actors.auth.passwords import Passwords
from actors.auth.signing import SigningKeys
from actors.ports.identity import Origin
from actors.ports.journal import JournalRow

KEY_LIFE_MS = 30 * 86_400_000
"""A signing key signs for so long."""


class PublishedKeys:
    """The key set as bytes, made anew only when it may have changed."""

    def __init__(self, keys: SigningKeys) -> None:
        self._keys = keys
        self._text = keys.jwks()

    def __call__(self) -> bytes:
        """Return the public keys as a JSON Web Key Set."""
        return self._text

    def renew(self) -> None:
        """Look again: a key was added, or one is published no more."""
        text = self._keys.jwks()
        if text != self._text:
            self._text = text


class Upkeep(Struct, frozen=True, kw_only=True):
    """Called every second or so, by whoever has a timer; nobody is let in who is over, even if it is never called."""

    directory: Directory
    refusals: Refusals
    keys: SigningKeys | None
    """None where somebody else issues tokens."""
    published: PublishedKeys | None
    now_ms: Callable[[], int]
    passwords: Passwords | None = None
    """None where somebody else keeps them."""

    async def turn(self) -> None:
        """Do what is due.

        Raises:
            StoreUnavailableError: If sessions that are over cannot be ended in the journal yet.
        """
        self.refusals.tell()
        self.directory.write_uses()
        self._renew_keys()
        await self._end_what_is_over()

    def close(self) -> None:
        """Write down what else would be lost; at the end."""
        self.refusals.tell(is_last=True)
        self.directory.write_uses(is_last=True)
        if self.passwords is not None:
            self.passwords.close()  # or the process would end only after every hash that waits

    def _renew_keys(self) -> None:
        if self.keys is None or self.published is None:
            return
        if self.now_ms() - self.keys.current.created_ms >= KEY_LIFE_MS:
            self.directory.write(*self.keys.rotate())  # kept until it can be written; at worst it signs for no restart
        self.published.renew()

    async def _end_what_is_over(self) -> None:
        for user_id in self.directory.whose_is_over():
            await self.directory.alone(partial(self._end, user_id), user_id)

    async def _end(self, user_id: str) -> None:
        """End a user's sessions and keys that are over, once nobody else changes them."""
        rows: list[JournalRow] = []
        for session in self.directory.sessions_of(user_id):
            if (reason := self.directory.end_of(session.session_id)) is not None:
                rows += self.directory.ended([session], reason)
                details = {"reason": reason, "session": session.session_id}
                rows.append(audited("auth.session_end", "node", user_id, Origin(), **details))
        for key in self.directory.keys_of(user_id):
            if key.expires_ms is not None and key.expires_ms <= self.now_ms():
                rows.append(replace(key, ended_ms=self.now_ms()))
                rows.append(audited("auth.key_end", "node", user_id, Origin(), key=key.key_id, reason="expired"))
        if rows:
            await self.directory.commit(*rows)
