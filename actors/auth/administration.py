"""What admins do with users."""

from collections.abc import Sequence

from msgspec.structs import replace

from actors.auth import emails
from actors.auth.audited import Action, Detail, audited
from actors.auth.directory import ROSTER
from actors.auth.making import Making
from actors.auth.roles import effective, read_roles
from actors.ports.identity import Origin, Role
from actors.ports.journal import AuditRow, JournalRow
from actors.ports.people import User
from actors.ports.person_rows import DataKeyRow, UserRow
from config.auth_errors import EmailTakenError
from config.errors import ConflictError, NodeError


class Administration(Making):
    """Users made, changed and removed; the last admin who may sign in always stays one."""

    async def add(
        self,
        email: str,
        password: str | None,
        roles: Sequence[Role],
        origin: Origin,
        *,
        actor: str,
        must_change: bool = True,
        profile: dict[str, object] | None = None,
    ) -> tuple[User, str]:
        """Make a user, with its trader; return it and the password that was made when None was given, else ""."""
        row, made = await self._row(email, password, roles, profile)
        row = replace(row, must_change=must_change or password is None)
        return await self._make(row, "user.add", actor, origin), made

    async def set_roles(self, user_id: str, roles: Sequence[Role], origin: Origin, *, actor: str) -> User:
        """Change roles; fewer of them end the user's sessions. The last admin stays one."""
        wanted = read_roles(roles)

        async def change() -> User:
            before = self._directory.user(user_id)
            if wanted == before.roles:
                return self._shown(before)
            after = self._changed(before, roles=wanted)
            self._keep_an_admin(before, after)
            lost, won = effective(before.roles) - effective(wanted), effective(wanted) - effective(before.roles)
            ended = self._all_sessions(user_id, "role") if lost else []
            audit = self._audit("user.roles", after, origin, actor, was=list(before.roles), roles=list(wanted))
            await self._directory.commit(after, *ended, audit)
            if "trader" in won:
                await self._give_trader(before, after, origin, actor)
            return await self._tell_changed(after)

        return await self._directory.alone(change, ROSTER, user_id)

    async def set_disabled(self, user_id: str, origin: Origin, *, is_disabled: bool, actor: str) -> User:
        """Disable or enable a user; disabling ends sessions and API keys and halts the trader."""

        async def change() -> User:
            before = self._directory.user(user_id)
            if before.is_disabled == is_disabled:
                return self._shown(before)
            after = self._changed(before, is_disabled=is_disabled)
            self._keep_an_admin(before, after)
            ended: list[JournalRow] = []
            if is_disabled:
                ended = [*self._all_sessions(user_id, "disabled"), *self._all_keys(user_id)]
            audit = self._audit("user.disable" if is_disabled else "user.enable", after, origin, actor)
            await self._directory.commit(after, *ended, audit)
            return await self._tell_changed(after)

        return await self._directory.alone(change, ROSTER, user_id)

    async def reset_password(self, user_id: str, password: str | None, origin: Origin, *, actor: str) -> str:
        """Give a user a password to be changed at the next sign-in; all sessions end. Returns one that was made."""
        hashed, made = await self._hashed(password, self._directory.user(user_id).email)

        async def change() -> str:
            after = self._changed(self._directory.user(user_id), password=hashed, must_change=True)
            audit = self._audit("user.password", after, origin, actor)
            await self._directory.commit(after, *self._all_sessions(user_id, "password"), audit)
            return made

        return await self._directory.alone(change, user_id)

    async def set_email(self, user_id: str, email: str, origin: Origin, *, actor: str) -> User:
        """Change a user's email."""
        address = emails.checked(email)

        async def change() -> User:
            before = self._directory.user(user_id)
            if (other := self._directory.by_email(address)) is not None:
                if other.user_id == user_id:
                    return self._shown(before)
                raise EmailTakenError
            after = self._changed(before, email=address)
            await self._directory.commit(
                after, self._audit("user.email", after, origin, actor, was=before.email, email=address)
            )
            return await self._tell_changed(after)

        return await self._directory.alone(change, ROSTER, user_id)

    async def remove(self, user_id: str, origin: Origin, *, actor: str) -> None:
        """Remove a user: sessions, keys, second factor; orders and audit stay, the secrets can never be read again."""

        async def change() -> None:
            before, now = self._directory.user(user_id), self._parts.now_ms()
            after = self._changed(before, email="", password="", profile={}, removed_ms=now)
            self._keep_an_admin(before, after)
            rows: list[JournalRow] = [after, *self._all_sessions(user_id, "removed"), *self._all_keys(user_id)]
            rows += [
                replace(row, secret="", recovery=(), removed_ms=now) for row in self._directory.factors_of(user_id)
            ]
            rows.append(DataKeyRow(owner=user_id, master_id="", wrapped=""))
            await self._directory.commit(*rows, self._audit("user.remove", after, origin, actor, email=before.email))
            self._parts.vault.forget(user_id)
            await self._tell_changed(after)

        await self._directory.alone(change, ROSTER, user_id)

    # --- pieces

    async def _give_trader(self, before: UserRow, after: UserRow, origin: Origin, actor: str) -> None:
        """Have a trader made; without room for one the roles stay what they were."""
        user = self._shown(after)
        try:
            await self._tell(lambda listener: listener.user_made(user))
        except NodeError as e:
            back = self._changed(after, roles=before.roles)
            audit = self._audit("user.roles", back, origin, actor, roles=list(before.roles), reason=e.code)
            self._directory.let(back, audit)
            raise

    def _keep_an_admin(self, before: UserRow, after: UserRow) -> None:
        """Do nothing while somebody is left who may administer; held under `ROSTER`.

        Raises:
            ConflictError: If it would be nobody.
        """
        if not _is_admin(before) or _is_admin(after):
            return
        if not any(_is_admin(row) for row in self._directory.users() if row.user_id != before.user_id):
            raise ConflictError("this is the last admin: make somebody else one first")

    def _changed(self, row: UserRow, **changes: object) -> UserRow:
        return replace(row, updated_ms=self._parts.now_ms(), **changes)

    def _audit(self, action: Action, row: UserRow, origin: Origin, actor: str, **details: Detail) -> AuditRow:
        return audited(action, actor, row.user_id, origin, **details)


def _is_admin(row: UserRow) -> bool:
    return "admin" in row.roles and not row.is_disabled and row.removed_ms is None
