"""Programs that call with a token of their own: beside the users' tokens, before them, and never more than reading."""

import os
from collections.abc import Collection, Mapping
from hashlib import sha256
from hmac import compare_digest

from actors.ports.identity import AuthMode, Identity, IdentityListener, Principal
from config.errors import ConfigError, NodeError
from config.schema import DialectsSection
from config.screening import ServiceSection

LEAST_LETTERS = 32
"""A shorter token could be guessed."""
PREFIX = "service-"


class ServiceIdentity:
    """Implements `ports.Identity` over another one; every token is compared in constant time, by its digest."""

    def __init__(self, inner: Identity, tokens: Mapping[bytes, Principal], present: Collection[Principal] = ()) -> None:
        """Put services before an identity.

        Args:
            inner: Knows everybody else.
            tokens: SHA-256 of a token -> whose it is.
            present: Services that need no token where they come from.
        """
        self._inner = inner
        self._tokens = tuple(tokens.items())
        self._services = (*tokens.values(), *present)

    @property
    def mode(self) -> AuthMode:
        """Who issues the users' tokens."""
        return self._inner.mode

    def known(self, token: str) -> Principal | None:
        """Return whose token this is without waiting.

        Raises:
            TokenExpiredError: If it has ended.
            SessionRevokedError: If its session has ended.
        """
        return self._service(token) or self._inner.known(token)

    async def verify(self, token: str) -> Principal:
        """Return whose token this is.

        Raises:
            NodeError: As of the other identity.
        """
        return self._service(token) or await self._inner.verify(token)

    def refusal(self, principal: Principal) -> NodeError | None:
        """Return why somebody may go on no longer; a service always may while the process lives."""
        return None if self._is_service(principal) else self._inner.refusal(principal)

    def note(self, principal: Principal) -> None:
        """Note that somebody is active; services have no sessions."""
        if not self._is_service(principal):
            self._inner.note(principal)

    def listen(self, listener: IdentityListener) -> None:
        """Have connections closed by `listener` too."""
        self._inner.listen(listener)

    def _service(self, token: str) -> Principal | None:
        asked = sha256(token.encode("utf-8", "surrogateescape")).digest()
        found = [principal for digest, principal in self._tokens if compare_digest(digest, asked)]
        return found[0] if found else None

    def _is_service(self, principal: Principal) -> bool:
        return principal in self._services


def service_principal(name: str) -> Principal:
    """Return who a service is: it reads and asks for predictions."""
    return Principal(
        user_id=f"{PREFIX}{name}",
        roles=frozenset({"viewer"}),
        key_id=f"{PREFIX}{name}",
        scopes=frozenset({"read"}),
    )


def is_service(principal: Principal) -> bool:
    """Return whether it is a program with a token of its own."""
    return principal.key_id is not None and principal.key_id == principal.user_id


def listening_services(dialects: DialectsSection) -> tuple[str, ...]:
    """Return the names of services that need no token: on the ports of a dialect everybody is one."""
    section = dialects.magic8_listeners
    return () if (section.predictor_port, section.hub_port) == (None, None) else (section.service,)


def with_services(
    identity: Identity,
    services: Mapping[str, ServiceSection],
    environ: Mapping[str, str] | None = None,
    *,
    present: Collection[str] = (),
) -> Identity:
    """Return an identity that knows the services too; the same when there are none.

    Args:
        identity: Of the users.
        services: By name.
        environ: Where the tokens are; None: the process's environment.
        present: Names of services that need no token where they come from.

    Raises:
        ConfigError: If a token is missing, short, not printable ASCII, or another's.
    """
    found: dict[bytes, Principal] = {}
    variables = os.environ if environ is None else environ
    for name, section in services.items():
        principal = service_principal(name)
        for variable in section.token_envs:
            token = variables.get(variable, "")
            where = f"services.{name}.token_envs: {variable}"
            if len(token) < LEAST_LETTERS or not all("!" <= letter <= "~" for letter in token):
                raise ConfigError(f"{where}: expected {LEAST_LETTERS} printable ASCII letters or more, without spaces")
            digest = sha256(token.encode()).digest()
            if digest in found:
                raise ConfigError(f"{where}: expected a token of its own, found one that is used already")
            found[digest] = principal
    known = tuple(map(service_principal, present))
    return ServiceIdentity(identity, found, known) if found or known else identity
