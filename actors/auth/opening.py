"""Opens the users of a node that issues its own tokens; imported only there, for the libraries that come with it."""

import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from actors.auth.api_keys import ApiKeys
from actors.auth.audited import Refusals
from actors.auth.directory import Directory
from actors.auth.issuer import issuer_of
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
from actors.ports.person_rows import RecordedPeople
from config.auth import AuthSection
from config.schema import NodeConfig


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


class Clocks:
    """Wall time, for what is said to others, and monotonic time, for how long something has lasted."""

    def __init__(self, now_s: Callable[[], float], monotonic: Callable[[], float]) -> None:
        self.now_s = now_s
        self.monotonic = monotonic

    def now_ms(self) -> int:
        """Return UNIX milliseconds."""
        return int(self.now_s() * 1000)


async def open_people(
    config: NodeConfig,
    journal: Journal,
    state_dir: Path,
    *,
    now_s: Callable[[], float] = time.time,
    monotonic: Callable[[], float] = time.monotonic,
    passwords: Passwords | None = None,
) -> OpenPeople:
    """Open the users of a node, with a first admin if there are none.

    Args:
        config: With `auth.mode` `local`.
        journal: Where they are kept.
        state_dir: Where the file with the master key lies, unless it is given otherwise.
        now_s: Wall time, UNIX seconds.
        monotonic: Seconds that only grow.
        passwords: Hashes them; None: as dear as it should be.

    Raises:
        ConfigError: If journal or master keys cannot be used.
        StoreUnavailableError: If the journal cannot be written.
    """
    clocks, recorded, section = Clocks(now_s, monotonic), journal.load_people(), config.auth
    masters = load_master_keys(section, state_dir, may_make=not recorded.data_keys)
    vault = Vault(masters, recorded.data_keys)
    signing = SigningKeys(vault, recorded.signing_keys, clocks.now_ms)
    if rows := (*vault.rewrap(), *signing.unwritten):
        await journal.durable(*rows)
    issuer = issuer_of(config) or ""
    passwords = passwords or Passwords(section.password_min_length)
    parts = _parts(section, journal, recorded, vault, Tokens(signing, issuer), passwords, clocks)
    published = PublishedKeys(signing)
    people = LocalPeople(parts, published)
    verifier = Verifier(issuer, keys=OwnKeys(published), now_s=now_s)
    return OpenPeople(
        identity=LocalIdentity(parts.directory, verifier, parts.api_keys),
        people=people,
        first_password=await _first_admin(people, section.first_admin),
        upkeep=Upkeep(
            directory=parts.directory,
            refusals=parts.refusals,
            keys=signing,
            published=published,
            passwords=parts.passwords,
            now_ms=clocks.now_ms,
        ),
    )


def _parts(  # noqa: PLR0917  # what everything stands on
    section: AuthSection,
    journal: Journal,
    recorded: RecordedPeople,
    vault: Vault,
    tokens: Tokens,
    passwords: Passwords,
    clocks: Clocks,
) -> Parts:
    now_ms = clocks.now_ms
    directory = Directory(journal, recorded, idle_s=section.idle_min * 60, now_ms=now_ms, monotonic=clocks.monotonic)
    throttle = Throttle(
        free=section.failures_free, per_address=section.failures_per_address, rows=recorded.throttles, now_ms=now_ms
    )
    return Parts(
        section=section,
        directory=directory,
        sessions=Sessions(section, directory, vault, tokens, now_ms),
        refusals=Refusals(journal.write, clocks.monotonic),
        passwords=passwords,
        vault=vault,
        throttle=throttle,
        api_keys=ApiKeys(directory, max_per_user=section.max_api_keys_per_user, now_ms=now_ms),
        now_ms=now_ms,
        listeners=[],
    )


async def _first_admin(people: LocalPeople, email: str) -> str | None:
    """Make an admin where there are no users; return the password."""
    if people.users():
        return None
    _, made = await people.add(email, None, FIRST_ADMIN, Origin(), actor="node")
    return made
