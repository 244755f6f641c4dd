"""Users where Supabase is the issuer: those that were seen, their sessions here, and their API keys."""

from msgspec.structs import replace

from actors.auth.audited import audited
from actors.auth.directory import ROSTER
from actors.auth.kept_elsewhere import KeptElsewhere
from actors.auth.supabase_signing_in import SupabaseSigningIn
from actors.ports.identity import Origin
from actors.ports.journal import JournalRow
from actors.ports.people import User
from config.errors import ConflictError


class SupabasePeople(SupabaseSigningIn, KeptElsewhere):
    """Implements `ports.People`; what Supabase keeps is refused and says so."""

    async def set_disabled(self, user_id: str, origin: Origin, *, is_disabled: bool, actor: str) -> User:
        """Shut a user out of this node, or let them in again; at Supabase nothing changes."""
        if is_disabled and actor == user_id:
            raise ConflictError("nobody can disable themselves: ask another admin")

        async def change() -> User:
            before = self._directory.user(user_id)
            if before.is_disabled == is_disabled:
                return self._shown(before)
            after = replace(before, is_disabled=is_disabled)
            ended: list[JournalRow] = []
            if is_disabled:
                ended = [*self._all_sessions(user_id, "disabled"), *self._all_keys(user_id)]
            audit = audited("user.disable" if is_disabled else "user.enable", actor, user_id, origin)
            await self._directory.commit(after, *ended, audit)
            return await self._tell_changed(after)

        return await self._directory.alone(change, ROSTER, user_id)

    def jwks(self) -> bytes:
        """Return no keys: this node signs nothing."""
        return b'{"keys":[]}'
