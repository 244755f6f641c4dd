"""What the parts of `LocalPeople` share."""

from collections.abc import Callable

from msgspec import Struct

from actors.auth.api_keys import ApiKeys
from actors.auth.audited import Refusals
from actors.auth.directory import Directory
from actors.auth.kept import Kept
from actors.auth.passwords import Passwords
from actors.auth.sessions import Sessions
from actors.auth.throttle import Throttle
from actors.auth.vault import Vault
from actors.ports.people import PeopleListener
from config.auth import AuthSection


class Parts(Struct, frozen=True, kw_only=True):
    """What users are kept with; lives as long as the process."""

    section: AuthSection
    directory: Directory
    sessions: Sessions
    refusals: Refusals
    passwords: Passwords
    vault: Vault
    throttle: Throttle
    api_keys: ApiKeys
    now_ms: Callable[[], int]
    listeners: list[PeopleListener]
    """Who opens and closes what users have."""


class Part(Kept):
    """Base of what `LocalPeople` is made of."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.directory, parts.api_keys, parts.listeners)
        self._parts = parts
