"""What cannot be done here, because users are kept by Supabase."""
# ruff: noqa: ARG002  # the arguments are those of the port

from collections.abc import Sequence
from typing import Never

from actors.ports.identity import Origin, Principal, Role
from config.auth_errors import KeptElsewhereError


class KeptElsewhere:
    """Refuses, and says where it is done."""

    async def change_password(self, principal: Principal, current: str | None, new: str, origin: Origin) -> Never:
        """Refuse."""
        raise _elsewhere("the password")

    async def change_profile(self, user_id: str, changes: dict[str, object], origin: Origin) -> Never:
        """Refuse."""
        raise _elsewhere("the profile")

    async def enroll(self, user_id: str, name: str, origin: Origin) -> Never:
        """Refuse."""
        raise _elsewhere("the second factor")

    async def verify_factor(self, principal: Principal, factor_id: str, code: str, origin: Origin) -> Never:
        """Refuse."""
        raise KeptElsewhereError("give the code at Supabase, and come with the token that it gives for it")

    async def new_recovery_codes(self, user_id: str, code: str, origin: Origin) -> Never:
        """Refuse."""
        raise _elsewhere("the second factor")

    async def remove_factor(
        self, user_id: str, factor_id: str, code: str | None, origin: Origin, *, actor: str
    ) -> Never:
        """Refuse."""
        raise _elsewhere("the second factor")

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
    ) -> Never:
        """Refuse."""
        raise KeptElsewhereError("users are made at Supabase, and come here with their first token")

    async def set_roles(self, user_id: str, roles: Sequence[Role], origin: Origin, *, actor: str) -> Never:
        """Refuse."""
        raise KeptElsewhereError("roles are kept by Supabase: change `roles` of the user's app_metadata there")

    async def reset_password(self, user_id: str, password: str | None, origin: Origin, *, actor: str) -> Never:
        """Refuse."""
        raise _elsewhere("the password")

    async def set_email(self, user_id: str, email: str, origin: Origin, *, actor: str) -> Never:
        """Refuse."""
        raise _elsewhere("the email")

    async def remove(self, user_id: str, origin: Origin, *, actor: str) -> Never:
        """Refuse."""
        raise KeptElsewhereError("users are removed at Supabase: disable them here, which shuts them out at once")


def _elsewhere(what: str) -> KeptElsewhereError:
    return KeptElsewhereError(f"{what} is kept by Supabase: change it there")
