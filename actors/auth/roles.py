"""Roles of people: what each implies, and which scopes an API key of its holder may have."""

from collections.abc import Iterable, Mapping

from actors.ports.identity import Role, Scope
from config.errors import InvalidInputError

GIVEN: tuple[Role, ...] = ("viewer", "trader", "admin")
"""The roles that can be given to somebody; `public` and `person` are only what routes need."""
FIRST_ADMIN: tuple[Role, ...] = ("trader", "admin")
"""The roles of the user that a first start makes."""

_BY_NAME: Mapping[object, Role] = {role: role for role in GIVEN}
_SCOPES: Mapping[Role, Scope] = {"viewer": "read", "trader": "trade", "admin": "admin"}


def effective(roles: Iterable[object]) -> frozenset[Role]:
    """Return the roles held, with what they imply: whoever trades or administers may also look.

    Args:
        roles: As kept or as a token says them; what is no role that can be given is left out.
    """
    held = {_BY_NAME[role] for role in roles if isinstance(role, str) and role in _BY_NAME}
    return frozenset(held | {"viewer"} if held else held)


def read_roles(names: Iterable[str]) -> tuple[Role, ...]:
    """Return roles that an admin gives, each once, in the order of `GIVEN`.

    Raises:
        InvalidInputError: If a name is no role, or there is none.
    """
    wanted = set(names)
    if unknown := sorted(wanted - set(GIVEN)):
        raise InvalidInputError(f"expected roles of {', '.join(GIVEN)}, was {unknown[0][:40]!r}", path="$.roles")
    if not wanted:
        raise InvalidInputError("expected at least one role, was none", path="$.roles")
    return tuple(role for role in GIVEN if role in wanted)


def scopes_of(roles: Iterable[object]) -> frozenset[Scope]:
    """Return the scopes that an API key of somebody with these roles may have."""
    return frozenset(_SCOPES[role] for role in effective(roles))
