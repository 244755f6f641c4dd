"""A user as the bot core's clients read one."""

from typing import Any, Literal

import msgspec
from msgspec import Struct

from actors.bridge.words import time_text
from actors.ports.people import User

_NAMES = ("full_name", "display_name", "avatar_url")


class Notifications(Struct, frozen=True, kw_only=True):
    """What the user wants to be told of."""

    email_alerts: bool = False
    trade_notifications: bool = True
    system_alerts: bool = True


class PersonSettings(Struct, frozen=True, kw_only=True):
    """What the user has chosen; kept in the user's own words under `settings`."""

    trading_enabled: bool = False
    """Whether the user's trader may trade now."""
    risk_level: Literal["Low", "Medium", "High"] = "Medium"
    max_positions: int = 5
    default_quantity: float = 0.0
    notifications: Notifications = Notifications()


class BotcorePerson(Struct, frozen=True, kw_only=True):
    """A user."""

    id: str
    email: str
    full_name: str
    display_name: str
    avatar_url: str
    is_active: bool
    is_admin: bool
    two_factor_enabled: bool
    created_at: str
    last_login: str | None
    settings: PersonSettings


def person(user: User, *, is_trading: bool) -> BotcorePerson:
    """Return a user; `is_trading`: whether the user's trader may trade now."""
    full_name, display_name, avatar_url = (_text(user.profile.get(name)) for name in _NAMES)
    return BotcorePerson(
        id=user.user_id,
        email=user.email,
        full_name=full_name,
        display_name=display_name or full_name or user.email.partition("@")[0],
        avatar_url=avatar_url,
        is_active=not user.is_disabled,
        is_admin="admin" in user.roles,
        two_factor_enabled=user.has_second_factor,
        created_at=time_text(user.created_ms),
        last_login=None if user.signed_in_ms is None else time_text(user.signed_in_ms),
        settings=_settings(user.profile.get("settings"), is_trading=is_trading),
    )


def _settings(chosen: Any, *, is_trading: bool) -> PersonSettings:  # noqa: ANN401  # the user's own words
    """Return what was chosen, the defaults where that is nothing of ours."""
    try:
        found = msgspec.convert(chosen or {}, PersonSettings)
    except msgspec.ValidationError:
        found = PersonSettings()
    return msgspec.structs.replace(found, trading_enabled=is_trading)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
