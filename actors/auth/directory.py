"""Users, sessions, second factors and API keys in memory: the one owner of them, durable before it counts."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import AsyncExitStack
from itertools import islice
from typing import Any
from weakref import WeakValueDictionary

from msgspec.structs import replace
from prometheus_client import Counter, Gauge

from actors.auth.activity import Activity
from actors.auth.roles import effective
from actors.ports.identity import EndReason, IdentityListener
from actors.ports.journal import Journal, JournalRow
from actors.ports.person_rows import ApiKeyRow, FactorRow, RecordedPeople, SessionRow, UserRow
from config.errors import NotFoundError

ROSTER = "roster"
"""Held, before a user, by whatever needs to know of all users: emails, and who the last admin is."""
USES_AT_ONCE = 100
"""Last uses written in one turn of the loop."""

_living = Gauge("whisperer_auth_sessions", "Sessions that were not ended")
_ends = Counter("whisperer_auth_sessions_ended_total", "Sessions that ended, by why", ["reason"])


class Directory:
    """What is known of people. Reading costs a look-up; changes of one user happen one after the other.

    A change is made by `alone`: it reads, writes its rows with `commit`, which returns once they are on the disk and
    only then shows them to anybody, and is not cut short when whoever asked for it goes away.
    """

    def __init__(
        self,
        journal: Journal,
        recorded: RecordedPeople,
        *,
        idle_s: float,
        now_ms: Callable[[], int],
        monotonic: Callable[[], float],
    ) -> None:
        """Take up what the journal knows.

        Args:
            journal: Where changes go.
            recorded: What it holds.
            idle_s: A session ends after so many seconds without use.
            now_ms: Wall time.
            monotonic: Seconds that only grow.
        """
        self.now_ms = now_ms
        self._journal = journal
        self._idle_s = idle_s
        self._users: dict[str, UserRow] = {}
        self._by_email: dict[str, UserRow] = {}
        self._sessions: dict[str, SessionRow] = {}
        self._factors: dict[str, FactorRow] = {}
        self._keys: dict[str, ApiKeyRow] = {}
        self._owned: dict[str, dict[str, SessionRow | FactorRow | ApiKeyRow]] = {}
        self._uses = Activity(now_ms, monotonic)
        self._listeners: list[IdentityListener] = []
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._changes: set[asyncio.Task[Any]] = set()
        self._apply((*recorded.users, *recorded.sessions, *recorded.factors, *recorded.api_keys))

    # --- reading

    def users(self) -> list[UserRow]:
        """Return all users, by email."""
        return sorted(self._users.values(), key=lambda row: row.email)

    def find(self, user_id: str) -> UserRow | None:
        """Return a user; None when there is none, or no more."""
        return self._users.get(user_id)

    def user(self, user_id: str) -> UserRow:
        """Return a user.

        Raises:
            NotFoundError: If there is none.
        """
        if (found := self._users.get(user_id)) is None:
            raise NotFoundError("no such user")
        return found

    def by_email(self, email: str) -> UserRow | None:
        """Return the user with an email in lower case."""
        return self._by_email.get(email)

    def session(self, session_id: str) -> SessionRow | None:
        """Return a session that was not ended, with its last use; it may be over."""
        row = self._sessions.get(session_id)
        return None if row is None else self._with_use(row)

    def sessions_of(self, user_id: str) -> list[SessionRow]:
        """Return a user's sessions that were not ended, the newest first."""
        rows = [self._with_use(row) for row in self._of(user_id, SessionRow)]
        return sorted(rows, key=lambda row: row.created_ms, reverse=True)

    def end_of(self, session_id: str) -> EndReason | None:
        """Return why a session is over, None while it goes on."""
        row = self._sessions.get(session_id)
        if row is None:
            return "ended"
        if row.until_ms <= self.now_ms():
            return "expired"
        return "idle" if self._uses.idle_s(session_id) >= self._idle_s else None

    def whose_is_over(self) -> set[str]:
        """Return the users of sessions and API keys that are over and were not ended yet."""
        now = self.now_ms()
        users = {row.user_id for name, row in self._sessions.items() if self.end_of(name) is not None}
        return users | {
            row.user_id for row in self._keys.values() if row.expires_ms is not None and row.expires_ms <= now
        }

    def factor(self, factor_id: str) -> FactorRow | None:
        """Return a second factor."""
        return self._factors.get(factor_id)

    def factors_of(self, user_id: str) -> list[FactorRow]:
        """Return a user's second factors, also those that were not verified."""
        return self._of(user_id, FactorRow)

    def has_factor(self, user_id: str) -> bool:
        """Return whether a user has a verified second factor."""
        return any(row.is_verified for row in self._of(user_id, FactorRow))

    def key(self, key_id: str) -> ApiKeyRow | None:
        """Return an API key that was not taken back; it may have expired."""
        return self._keys.get(key_id)

    def keys_of(self, user_id: str) -> list[ApiKeyRow]:
        """Return a user's API keys that were not taken back, the newest first, with their last use."""
        rows = [replace(row, used_ms=self._used_ms(row)) for row in self._of(user_id, ApiKeyRow)]
        return sorted(rows, key=lambda row: row.created_ms, reverse=True)

    # --- changing

    async def alone[T](self, work: Callable[[], Coroutine[Any, Any, T]], *owners: str) -> T:
        """Do something while nobody else changes what belongs to these owners; it is brought to its end in any case.

        Args:
            work: Reads, commits, returns.
            owners: User ids; with several, `ROSTER` first.
        """
        task = asyncio.get_running_loop().create_task(self._alone(work, owners))
        self._changes.add(task)
        task.add_done_callback(self._changes.discard)
        return await asyncio.shield(task)

    async def commit(self, *rows: JournalRow) -> None:
        """Make rows durable together, then let them count.

        Raises:
            StoreUnavailableError: If they cannot be written; nothing has changed then.
        """
        await self._journal.durable(*rows)
        self._apply(rows)

    def ended(self, rows: Iterable[SessionRow], reason: EndReason) -> list[SessionRow]:
        """Return the rows with which sessions end."""
        now = self.now_ms()
        return [replace(row, ended_ms=now, ended=reason) for row in rows]

    def note(self, name: str) -> None:
        """Note the use of a session or an API key."""
        self._uses.note(name)

    def write_uses(self, *, is_last: bool = False) -> None:
        """Queue the last uses that are due; those of a user who is being changed wait for the next time."""
        due = self._uses.due(is_last=is_last)
        for name in due if is_last else islice(due, USES_AT_ONCE):
            row = self._sessions.get(name) or self._keys.get(name)
            if row is None or self._is_changing(row.user_id):
                continue
            row = self._with_use(row) if isinstance(row, SessionRow) else replace(row, used_ms=self._used_ms(row))
            self.let(row)
            self._uses.written(name)

    def let(self, *rows: JournalRow) -> None:
        """Let rows count at once and queue them: for what takes something back, and must not wait for the disk."""
        self._journal.write(*rows)
        self._apply(rows)

    def write(self, *rows: JournalRow) -> None:
        """Queue rows that nothing waits for: refusals, failures, signing keys."""
        self._journal.write(*rows)

    async def settled(self) -> None:
        """Return when all changes under way have come to their end."""
        while self._changes:
            await asyncio.wait(self._changes)

    def listen(self, listener: IdentityListener) -> None:
        """Have `listener` told of sessions and API keys that end."""
        self._listeners.append(listener)

    async def _alone[T](self, work: Callable[[], Coroutine[Any, Any, T]], owners: Sequence[str]) -> T:
        async with AsyncExitStack() as held:
            for owner in owners:
                lock = self._locks.get(owner) or self._locks.setdefault(owner, asyncio.Lock())
                await held.enter_async_context(lock)
            return await work()

    def _is_changing(self, user_id: str) -> bool:
        lock = self._locks.get(user_id)
        return lock is not None and lock.locked()

    def _of[R: (SessionRow, FactorRow, ApiKeyRow)](self, user_id: str, kind: type[R]) -> list[R]:
        return [row for row in self._owned.get(user_id, {}).values() if isinstance(row, kind)]

    def _with_use(self, row: SessionRow) -> SessionRow:
        return replace(row, active_ms=self._uses.used_ms(row.session_id, row.active_ms))

    def _used_ms(self, row: ApiKeyRow) -> int | None:
        return self._uses.used_ms(row.key_id, row.used_ms or 0) or None

    def _apply(self, rows: Iterable[object]) -> None:
        """Let rows count; those who listen are told at the end, when all of them do."""
        tell: list[Callable[[IdentityListener], None]] = []
        for row in rows:
            match row:
                case UserRow():
                    tell += self._put_user(row)
                case SessionRow(session_id=name):
                    self._uses.begin(name, row.active_ms)
                    if self._put(self._sessions, name, row, is_over=row.ended_ms is not None):
                        _ends.labels(row.ended or "ended").inc()
                        tell.append(_session_ended(row))
                case FactorRow(factor_id=name):
                    self._put(self._factors, name, row, is_over=row.removed_ms is not None)
                case ApiKeyRow(key_id=name):
                    self._uses.begin(name, row.used_ms or 0)
                    if self._put(self._keys, name, row, is_over=row.ended_ms is not None):
                        tell.append(_key_ended(row))
        _living.set(len(self._sessions))
        for listener in self._listeners:
            for told in tell:
                told(listener)

    def _put_user(self, row: UserRow) -> list[Callable[[IdentityListener], None]]:
        """Keep a user; return what to tell: connections of API keys were let in with the roles of that time."""
        before = self._users.pop(row.user_id, None)
        if before is not None and self._by_email.get(before.email) is before:  # elsewhere emails may be missing
            del self._by_email[before.email]
        if row.removed_ms is None:
            self._users[row.user_id] = self._by_email[row.email] = row
        if before is None or effective(before.roles) <= effective(row.roles):
            return []
        return [_key_ended(key) for key in self._of(row.user_id, ApiKeyRow)]

    def _put[R: (SessionRow, FactorRow, ApiKeyRow)](
        self, rows: dict[str, R], name: str, row: R, *, is_over: bool
    ) -> bool:
        """Keep a row or drop it; return whether it was there and is no more."""
        owned = self._owned.setdefault(row.user_id, {})
        if not is_over:
            rows[name] = owned[name] = row
            return False
        owned.pop(name, None)
        if not owned:
            del self._owned[row.user_id]
        self._uses.end(name)
        return rows.pop(name, None) is not None


def _session_ended(row: SessionRow) -> Callable[[IdentityListener], None]:
    return lambda listener: listener.session_ended(row.user_id, row.session_id, row.ended or "ended")


def _key_ended(row: ApiKeyRow) -> Callable[[IdentityListener], None]:
    return lambda listener: listener.key_ended(row.user_id, row.key_id)
