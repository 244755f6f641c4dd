"""Opens the users of a node; imported only where there are users, for the libraries that come with it."""

import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from actors.auth.api_keys import ApiKeys
from actors.auth.audited import Refusals
from actors.auth.directory import Directory
from actors.auth.jwks import OwnKeys
from actors.auth.local_identity import LocalIdentity
from actors.auth.master_keys import load_master_keys
from actors.auth.parts import Parts
from actors.auth.passwords import Passwords
from actors.auth.people import LocalPeople
from actors.auth.roles import FIRST_ADMIN
from actors.auth.sessions import Sessions
from actors.auth.signing import SigningKeys
from actors.auth.throttle import Throttle
from actors.auth.tokens import Tokens
from actors.auth.upkeep import PublishedKeys, Upkeep
from actors.auth.vault import Vault
from actors.auth.verifier import Verifier
from actors.ports.identity import Identity, Origin
from actors.ports.journal import Journal
from actors.ports.people import People
from config.schema import NodeConfig

ISSUER_PATH = "/auth/v1"


class OpenPeople(Struct, frozen=True, kw_only=True):
    """The users of a node; lives as long as the process."""

    identity: Identity
    people: People
    first_password: str | None
    """Of the first admin, at the start that made it: to be shown once and kept nowhere."""
    upkeep: Upkeep

    def __repr__(self) -> str:
        return f"OpenPeople({self.identity.mode})"

    async def close(self) -> None:
        """Wait for changes under way and write down the last uses; before the journal is closed."""
        await self.upkeep.directory.settled()
        self.upkeep.close()


def issuer_of(config: NodeConfig) -> str:
    """Return who issues the tokens of this node."""
    base = config.auth.public_url or f"http://localhost:{config.server.port}"
    return base.rstrip("/") + ISSUER_PATH


async def open_people(
    config: NodeConfig,
    journal: Journal,
    state_dir: Path,
    *,
    now_s: Callable[[], float] = time.time,
    monotonic: Callable[[], float] = time.monotonic,
) -> OpenPeople:
    """Open the users of a node, with a first admin if there are none.

    Args:
        config: With `auth.mode` other than `off`.
        journal: Where they are kept.
        state_dir: Where the file with the master key lies, unless it is given otherwise.
        now_s: Wall time, UNIX seconds.
        monotonic: Seconds that only grow.

    Raises:
        ConfigError: If journal or master keys cannot be used.
        StoreUnavailableError: If the journal cannot be written.
    """

    def now_ms() -> int:
        return int(now_s() * 1000)

    section, recorded = config.auth, journal.load_people()
    keys = load_master_keys(section, state_dir, may_make=not recorded.data_keys)
    vault = Vault(keys, recorded.data_keys)
    signing = SigningKeys(vault, recorded.signing_keys, now_ms)
    if rows := (*vault.rewrap(), *signing.unwritten):
        await journal.durable(*rows)
    directory = Directory(journal, recorded, idle_s=section.idle_min * 60, now_ms=now_ms, monotonic=monotonic)
    refusals = Refusals(journal.write, monotonic)
    tokens = Tokens(signing, issuer_of(config))
    published = PublishedKeys(signing)
    passwords = Passwords(section.password_min_length)
    parts = Parts(
        section=section,
        directory=directory,
        sessions=Sessions(section, directory, vault, tokens, now_ms),
        refusals=refusals,
        passwords=passwords,
        vault=vault,
        throttle=Throttle(
            free=section.failures_free,
            per_address=section.failures_per_address,
            rows=recorded.throttles,
            now_ms=now_ms,
        ),
        now_ms=now_ms,
        listeners=[],
    )
    api_keys = ApiKeys(directory, max_per_user=section.max_api_keys_per_user, now_ms=now_ms)
    people = LocalPeople(parts, api_keys, published)
    verifier = Verifier(tokens.issuer, keys=OwnKeys(published), now_s=now_s)
    return OpenPeople(
        identity=LocalIdentity(directory, verifier, api_keys),
        people=people,
        first_password=await _first_admin(people, section.first_admin),
        upkeep=Upkeep(
            directory=directory,
            refusals=refusals,
            keys=signing,
            published=published,
            now_ms=now_ms,
            passwords=passwords,
        ),
    )


async def _first_admin(people: LocalPeople, email: str) -> str | None:
    """Make an admin where there are no users; return the password."""
    if people.users():
        return None
    _, made = await people.add(email, None, FIRST_ADMIN, Origin(), actor="node")
    return made
