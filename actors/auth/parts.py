"""What the parts of `LocalPeople` share."""

from collections.abc import Callable

from msgspec import Struct

from actors.auth import shown
from actors.auth.audited import Refusals
from actors.auth.directory import Directory
from actors.auth.passwords import Passwords
from actors.auth.sessions import Sessions
from actors.auth.throttle import Throttle
from actors.auth.vault import Vault
from actors.ports.people import PeopleListener, User
from actors.ports.person_rows import UserRow
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
    now_ms: Callable[[], int]
    listeners: list[PeopleListener]
    """Who opens and closes what users have."""


class Part:
    """Base of what `LocalPeople` is made of."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._directory = parts.directory

    def _shown(self, row: UserRow) -> User:
        return shown.user(row, has_second_factor=self._directory.has_factor(row.user_id))
