"""Sessions: how one begins, and the tokens that it gives out."""

from collections.abc import Callable
from uuid import uuid4

from msgspec import Struct

from actors.auth import refresh
from actors.auth.directory import Directory
from actors.auth.shown import user as shown_user
from actors.auth.texts import shortened
from actors.auth.tokens import Tokens
from actors.auth.vault import Vault
from actors.ports.identity import Origin
from actors.ports.people import SignedIn
from actors.ports.person_rows import DataKeyRow, SessionRow, UserRow
from config.auth import AuthSection

MAX_ADDRESS, MAX_USER_AGENT = 64, 256
_DAY_MS, _HOUR_MS, _MINUTE_MS = 86_400_000, 3_600_000, 60_000


class Beginning(Struct, frozen=True, kw_only=True):
    """The rows of a new session."""

    session: SessionRow
    ended: tuple[SessionRow, ...]
    """Sessions that make room for it."""
    data_keys: tuple[DataKeyRow, ...]


class Sessions:
    """Makes sessions and their tokens; what it returns counts once it was committed."""

    def __init__(
        self, section: AuthSection, directory: Directory, vault: Vault, tokens: Tokens, now_ms: Callable[[], int]
    ) -> None:
        self._section = section
        self._directory = directory
        self._vault = vault
        self._tokens = tokens
        self._now_ms = now_ms

    def begin(self, user: UserRow, origin: Origin, *, is_long: bool) -> Beginning:
        """Return a new session; of as many as may be, the one that was used longest ago ends."""
        now, session_id = self._now_ms(), str(uuid4())
        lives_ms = self._section.session_days * _DAY_MS
        key = ""
        data_keys: tuple[DataKeyRow, ...] = ()
        if is_long:
            lives_ms = min(lives_ms, self._section.long_token_h * _HOUR_MS)
        else:
            key, data_keys = self._vault.seal(user.user_id, _kind(session_id), refresh.new_key())
        session = SessionRow(
            session_id=session_id,
            user_id=user.user_id,
            key=key,
            refreshed_ms=now,
            active_ms=now,
            until_ms=now + int(lives_ms),
            address=shortened(origin.address, MAX_ADDRESS),
            user_agent=shortened(origin.user_agent, MAX_USER_AGENT),
            created_ms=now,
        )
        return Beginning(
            session=session,
            ended=make_room(self._directory, user.user_id, self._section.max_sessions_per_user),
            data_keys=data_keys,
        )

    def verified_room(self, user_id: str) -> tuple[SessionRow, ...]:
        """Return the ends of sessions that make room for one in which the second factor has just been given."""
        return make_room(self._directory, user_id, self._section.max_sessions_per_user, is_verified=True)

    def signed_in(self, user: UserRow, session: SessionRow) -> SignedIn:
        """Return the tokens of a session as it is now; a long one has no refresh token."""
        now, is_long = self._now_ms(), not session.key
        lives_ms = self._section.long_token_h * _HOUR_MS if is_long else self._section.access_min * _MINUTE_MS
        lives_ms = max(1000, min(int(lives_ms), session.until_ms - now))
        access, expires_ms = self._tokens.issue(
            user, session, now_ms=now, lifetime_s=lives_ms / 1000, plain_atob=is_long
        )
        return SignedIn(
            access_token=access,
            expires_ms=expires_ms,
            refresh_token="" if is_long else refresh.make(session.session_id, session.counter, self.key(session)),
            session_id=session.session_id,
            user=shown_user(user, has_second_factor=self._directory.has_factor(user.user_id)),
        )

    def key(self, session: SessionRow) -> bytes:
        """Return the key that a session's refresh tokens are made with."""
        return self._vault.open(session.user_id, _kind(session.session_id), session.key)


def make_room(directory: Directory, user_id: str, at_most: int, *, is_verified: bool = False) -> tuple[SessionRow, ...]:
    """Return the ends of a user's sessions that are over, and of those too many for one more.

    With a second factor, sessions that wait for it make room for each other alone: whoever knows the password drives
    nobody out.

    Args:
        directory: Knows them.
        user_id: Whose.
        at_most: How many sessions a user may have.
        is_verified: Whether the second factor has been given in the one that room is made for.
    """
    rows = directory.sessions_of(user_id)
    over = [(row, reason) for row in rows if (reason := directory.end_of(row.session_id)) is not None]
    gone = {row.session_id for row, _ in over}
    has_factor = directory.has_factor(user_id)
    rivals = [row for row in rows if row.session_id not in gone and (not has_factor or row.is_verified is is_verified)]
    rivals.sort(key=lambda row: row.active_ms)
    too_many = len(rivals) + 1 - at_most
    ends = [directory.ended([row], reason)[0] for row, reason in over]
    return (*ends, *directory.ended(rivals[: max(0, too_many)], "ended"))


def _kind(session_id: str) -> str:
    return f"session:{session_id}"
