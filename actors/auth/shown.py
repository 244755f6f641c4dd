"""What others see of users, sessions, second factors and API keys: rows without their secrets."""

from actors.ports.people import ApiKey, Factor, Session, User
from actors.ports.person_rows import ApiKeyRow, FactorRow, SessionRow, UserRow


def user(row: UserRow, *, has_second_factor: bool) -> User:
    """Return a user as others may see it; one that was removed shows as disabled and without roles."""
    is_removed = row.removed_ms is not None
    return User(
        user_id=row.user_id,
        email=row.email,
        roles=() if is_removed else row.roles,
        is_disabled=row.is_disabled or is_removed,
        must_change=row.must_change,
        has_second_factor=has_second_factor,
        profile=dict(row.profile),
        created_ms=row.created_ms,
        updated_ms=row.updated_ms,
        signed_in_ms=row.signed_in_ms,
    )


def session(row: SessionRow) -> Session:
    """Return a session as its owner may see it."""
    return Session(
        session_id=row.session_id,
        user_id=row.user_id,
        address=row.address,
        user_agent=row.user_agent,
        created_ms=row.created_ms,
        active_ms=row.active_ms,
        until_ms=row.until_ms,
        is_verified=row.is_verified,
    )


def factor(row: FactorRow) -> Factor:
    """Return a second factor as its owner may see it."""
    return Factor(
        factor_id=row.factor_id,
        name=row.name,
        is_verified=row.is_verified,
        recovery_left=len(row.recovery),
        created_ms=row.created_ms,
    )


def api_key(row: ApiKeyRow) -> ApiKey:
    """Return an API key as its owner may see it."""
    return ApiKey(
        key_id=row.key_id,
        name=row.name,
        scopes=row.scopes,
        created_ms=row.created_ms,
        expires_ms=row.expires_ms,
        used_ms=row.used_ms,
    )
