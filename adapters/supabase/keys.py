"""Public keys of a project in the journal: a restart while the project is away signs nobody out."""

from collections.abc import Callable

import msgspec
from msgspec import Struct

from actors.auth.jwks import KeptKeys, read_keys
from actors.ports.journal import NodeRow
from actors.store.journal import SqliteJournal
from config.auth_errors import JwksUnavailableError

_FACT = "auth.supabase.keys"


class _Kept(Struct, frozen=True):
    issuer: str
    fetched_ms: int
    text: str


class JournalKeys:
    """Keeps the keys of one issuer."""

    def __init__(self, journal: SqliteJournal, issuer: str, now_ms: Callable[[], int]) -> None:
        """Keep them in `journal`, by wall time."""
        self._journal = journal
        self._issuer = issuer
        self._now_ms = now_ms

    def load(self) -> KeptKeys | None:
        """Return the keys of the last process, if they are of this issuer."""
        value = self._journal.load_fact(_FACT)
        if value is None:
            return None
        try:
            kept = msgspec.json.decode(value, type=_Kept)
            read_keys(kept.text.encode())
        except (msgspec.MsgspecError, JwksUnavailableError):
            return None
        age_ms = self._now_ms() - kept.fetched_ms
        if kept.issuer != self._issuer or age_ms < 0:
            return None
        return KeptKeys(text=kept.text.encode(), age_s=age_ms / 1_000)

    def keep(self, text: bytes) -> None:
        """Queue keys that were fetched just now."""
        kept = _Kept(self._issuer, self._now_ms(), text.decode("utf-8", "replace"))
        self._journal.write(NodeRow(name=_FACT, value=msgspec.json.encode(kept).decode()))
